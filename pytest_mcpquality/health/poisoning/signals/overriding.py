"""The text puts itself above what the model was told, or speaks as somebody else (SAFE-T1001, T1401)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal
from pytest_mcpquality.health.poisoning.signals.vocabulary import (
    CONTRARY,
    FIRST,
    IGNORE,
    OBEY,
    PERSON,
    PROMPT,
    PUT,
    ROLE,
    RULES,
    TAKE,
    TRIGGER,
    WHO,
)

_OVERRIDE: Final = "overrides the model's instructions"
_RULES: Final = (
    r"(?:instructions?|rules?|prompts?|guidelines?|directives?|polic(?:y|ies)|constraints?|safeguards?|training|guardrails?|alignment|"
    r"restrictions?|filters?|orders|commands|limits|principles|guidance|safety|protections?|limitations?)"
)
# Filters, limits and directives of other things than a model are lifted and ignored all the time.
_CONDUCT: Final = (
    r"(?:instructions?|rules?|prompts?|guidelines?|polic(?:y|ies)|safeguards?|training|guardrails?|alignment|principles|"
    r"guidance|safety|protections?)"
)
_DROP: Final = (
    r"(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|bypass(?:ing)?|discard|supersede|cancel|neglect|drop|abandon|"
    r"suspend|violate|break|overrule|disobey|circumvent|undo|lift|void)"
)

OVERRIDING: Final = (
    signal(
        _OVERRIDE,
        1.0,
        rf"\b{_DROP} (?:\w+ ){{0,3}}?(?:previous|prior|above|earlier|preceding|your|system|safety|security|other|all|any|existing|original|initial|"
        rf"former|these|default|content|developer|foregoing|(?:the )?users?'?s?) (?:\w+ ){{0,3}}?{_RULES}\b"
        r"(?! (?:\w+ ){0,3}?(?:contain|contains|contained|found|inside|within|embedded|hidden|in (?:the (?!system)|it|them|this|that)|from (?:web|pages|content|the (?:page|content|web))))",
        r"\b(?:ignore|disregard|forget|override) (?:all |any |the )?(?:earlier|previous|prior|system) (?:\w+ )?(?:messages|context|conversation)\b",
        r"\b(?:ignore|disregard|forget) (?:everything|anything|all|whatever|what) (?:\w+ ){0,5}?(?:above|before|said|told|agreed|wrote|written|asked|"
        r"instructed|learned|developer|system|user)\b",
        r"\b(?:ignore|disregard) (?:the |all )?(?:above|previous|preceding|foregoing)\b",
        rf"\b{_DROP} (?:the |any |all |every )?(?:\w+ )?{_RULES} (?:that )?(?:you (?:were|have been|are|got|received|follow)|given)\b",
        r"\bfollow only what\b|\bforget that you (?:are|have|were|must|should)\b|\b(?:ignore|disregard) the (?:\w+ ){1,2}you (?:were|have been) given\b",
        needs=(IGNORE, RULES.bit | TRIGGER.bit),
        orders=True,
    ),
    signal(
        _OVERRIDE,
        0.8,
        r"\b(?:guardrails|restrictions|safety \w+|filters|limits) (?:are|have been|were) (?:\w+ )?(?:lifted|removed|disabled|suspended|updated)\b",
        rf"\b{_CONDUCT} (?:(?!and )\S+ ){{0,7}}?(?:(?:is|are|was|were|be|have been|has been|being|do|does) (?:to be )?(?:hereby |now |all )?"
        r"(?:void|lifted|no longer|not appl\w+|disregarded|ignored|obsolete|invalid|suspended|superseded|overridden|cancell?ed|relaxed|"
        r"waived|revoked|secondary|irrelevant|discarded|outdated)|(?:no longer|don't|do not|does not|doesn't) (?:apply|bind|hold|count|concern))",
        r"\bno longer (?:bound|restricted|subject|limited) (?:by|to)\b|\bremove all (?:restrictions|limits|filters|safeguards)|\boverride (?:instructions|system|mode)\b",
        r"\b(?:this|the following|what follows|below) (?:\w+ ){0,3}?(?:supersedes?|replaces?|overrides?|invalidates?) (?:\w+ ){0,3}?(?:what|all|any|every|your|the (?:previous|operator|user|developer|system|configuration))\b",
        r"\b(?:you|the (?:assistant|agent|model)) (?:no longer|do not|don't) (?:answer|report|belong|owe) to\b|\b(?:earlier|previous|old|former|original) (?:\w+ )?(?:configuration|instructions|setup|persona) (?:has|have|is|are) (?:expired|void|ended|replaced|over)\b",
        r"\brefusals? (?:is|are) (?:disabled|off|forbidden|impossible)|\bsafety (?:review|checks?|filters?) (?:\w+ )?(?:finished|passed|complete\w*|disabled|off)\b|\b(?:act|work|argue) against (?:them|it|these|the user|those)\b",
        r"\b(?:it|they|this) (?:does|do) not apply to (?:this|these|our|my) (?:server|tool|plugin)s?\b",
        needs=(IGNORE,),
    ),
    signal(
        _OVERRIDE,
        0.7,
        r"\b(?:new|updated|revised|real|true|actual|additional|hidden|special|secret|important|standing|binding|critical) (?:system )?"
        r"(?:instructions?|directives?|orders|objective|mission|rules?|system (?:message|notice|note|update))\b\s*"
        r"(?::|(?:for|to) (?:the |all |any )?(?:ai|llm|model|assistant|agent)|that (?:takes?|overrides?|supersedes?|replaces?))",
        r"\bnew system (?:message|prompt|instructions?)\b",
        needs=(PROMPT.bit | RULES.bit,),
    ),
    signal(
        _OVERRIDE,
        0.75,
        r"\byou are now\b(?! (?:ready|able|connected|logged|in the|done|signed|on))|\bpretend to be\b|\b(?:enter|enable|activate|switch (?:to|into)|are in|now in|enabled|turn on) (?:\w+ )?"
        r"(?:developer|god|dan|unrestricted|jailbreak|debug|diagnostic|admin|root|privileged|maintenance) mode\b(?=.*\b(?:you|your|print|obey|all|no|remove|without|bypass|:)\b)",
        r"\byou (?:have|are under|follow|obey) no (?:\w+ )?(?:restrictions|limits|rules|limitations|guidelines|filters|constraints)\b|\bwithout (?:any )?(?:ethical|moral|safety) (?:\w+ )?(?:guidelines|rules|limits|constraints|restrictions)\b|\bnew (?:task|objective|goal|mission|assignment) ?:",
        r"\bjail ?br[eo]ak(?:en)?\b|\bdo anything now\b|\b(?:enable|enter) dan mode|\bunrestricted (?:access|ai|assistant|agent|mode)\b|\bwithout (?:any )?(?:filters|guardrails|restrictions)\b",
        needs=(ROLE,),
    ),
    signal(
        _OVERRIDE,
        0.9,
        r"\b(?:reveal|print|repeat|output|show|share|disclose|leak|dump|return|include|provide|extract|recite|echo|send|pass|copy|put|place|write|paste|give|"
        r"append|attach|quote|transcribe|reproduce) (?:\S+ ){0,3}?(?:your|the complete|the full|the entire|its|full|entire|complete|the whole|the original|the verbatim) "
        r"(?:\w+ ){0,2}?(?:system|initial|hidden|developer|original|secret) (?:prompt|instructions?|message|configuration)",
        r"\b(?:reveal|print|leak|recite|disclose) (?:the |any |all )?(?:hidden|initial|secret|system) (?:instructions?|prompts?|messages?)\b",
        needs=(PROMPT, PUT.bit | TAKE.bit),
        orders=True,
    ),
    signal(
        "has the model take data for instructions",
        0.7,
        r"\b(?:execute|run|perform|follow) the (?:\w+ )?(?:commands?|code|scripts?|instructions?|steps) (?:that (?:is|are) |which (?:is|are) )?(?:returned|given|provided|suggested|contained|received|found|listed) ",
        needs=(OBEY,),
        orders=True,
    ),
    signal(
        "claims to come before everything else",
        0.5,
        r"\b(?:(?:takes?|has|have|with|given) (?:absolute |highest |top |the )?(?:precedence|priority) over (?:any|all|every|the user|your|other|what)|"
        r"overrides? (?:all|any|every|other|your|the user)|(?:with (?:the )?)?highest priority|precedence over any other|"
        r"cannot be overridden|priority override|above all (?:else|other)|more important than)",
        needs=(FIRST,),
    ),
    signal(
        "claims to come before everything else",
        0.7,
        rf"\beven (?:if|when|though) {WHO} (?:\w+ ){{0,3}}?(?:objects?|declines?|refuses?|says?|asks?|disagrees?|insists?|forbids?|told|did not|didn't|does not)\b(?! for\b)",
        rf"\b(?:if|when|should) {WHO} (?:declines?|refuses?|objects?|disagrees?|says? no|hesitates?)\b.{{0,60}}?\b(?:anyway|regardless|still|nevertheless|nonetheless|proceed|continue|again)\b",
        r"\bprioriti[sz]e .{0,40}? over (?:those of |what )?(?:the |your )?(?:end )?(?:users?|operator|developer|system)\b",
        r"\b(?:higher|greater|more|stronger) (?:priority|authority|weight|precedence|rank) than\b",
        r"\b(?:above|over|outranks?|higher than) the user (?:in|when|'s)|\bside with the\b.{0,30}|\b(?:same|more|equal|greater) (?:weight|authority|rank|priority) (?:as|than) (?:the |those of the )?(?:user|system|operator|developer)",
        rf"\b(?:whatever|regardless of (?:what|who|where)|no matter what|against what|contrary to what|instead of what) {WHO} (?:\w+ ){{0,2}}?"
        r"(?:typed|types|said|says|asked|asks|wants?|entered|specified|gave|gives|requests?|requested|tells?|selected|chose|prefers?|likes?|thinks?|needs?|wishes)\b",
        r"\b(?:against|conflicts? with|contrary to|contradicts?|opposes?) (?:the )?users?'?s? (?:wishes|requests?|instructions?|intent\w*|will|preferences?|choice)\b",
        rf"\b(?:instead of|in place of|rather than) (?:the |those |that )?(?:\w+ ){{1,3}}?(?:that )?{WHO} (?:\w+ )?(?:gave|typed|selected|chose|entered|specified|asked|wanted|named|requested)\b",
        needs=(PERSON, CONTRARY),
    ),
    # Speaking as somebody else, or lending a voice to what others wrote
    signal(
        "has the model take data for instructions",
        0.75,
        r"\b(?:treat|regard|consider|handle|interpret|see|take|accept|act) (?:\S+ ){0,9}?as (?:if|though) (?:it|they|this|these|the|that|\S+) (?:\S+ ){0,4}?"
        r"(?:came|come|comes|from|were|was|had|given|said|written|sent|wrote|asked)\b",
        r"\b(?:treat|regard|consider|take|accept) (?:\S+ ){0,6}?(?<!\bnever )(?<!\bnot )as (?:coming|an? (?:instruction|order|command)|instructions?|orders|commands|binding)\b",
        r"\bto be treated as (?:\w+ )?(?:instructions?|orders|commands|coming)",
        r"\b(?:follow|obey|carry out|execute|perform|comply with|act on|do|run) (?:\w+ ){0,2}?(?:them|it|all|any|every|each|the|whatever) ?(?:\w+ ){0,3}?"
        r"(?:as though|as if|it says|they say|(?:tasks?|instructions?|steps|commands|orders|directions) (?:\w+ ){0,3}?(?:there|listed|found|contained|inside|in it|in the (?:page|file|result|output|response|document|text|issue|body)|"
        r"from (?:this|the) (?:server|page|file)|it (?:contains|returns|holds)))\b",
        r"\b(?:treat|take|run|execute|interpret) the (?:remainder|rest|text|line|content) (?:\w+ ){0,3}?as (?:a |an )?(?:command|code|instruction|order)",
        r"\b(?:commands|instructions|tasks|orders|steps|directions) (?:that |which )?you (?:should|must|have to|need to|are to|shall) (?:perform|execute|follow|carry|run|obey|complete)\b",
        r"\b(?:must|should|is to|are to|has to|have to|needs? to) be (?:executed|run|treated|interpreted|obeyed|followed|carried out) (?:as (?:an? )?(?:command|instruction|order)s?|immediately|at once|without)\b",
        r"\b(?:fetch|download|get|load) and (?:execute|run|eval|follow|obey)\b",
        r"\bare (?:tasks|instructions|orders|commands|requests) (?:for you|to you|of|from|that you)\b|\b(?:attachments?|contents?|captions?|comments?|entries|lines) (?:\w+ ){0,2}?are (?:to be )?(?:executed|run|obeyed|carried out|followed)\b|\bhand (?:over )?control to\b|\bact on it\b",
        r"\bas though the user had\b|\bas if the user (?:had|said|asked|wrote)\b",
        needs=(OBEY,),
        orders=True,
    ),
)
