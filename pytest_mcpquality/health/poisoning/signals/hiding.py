"""The text keeps something from the person, or has the model deceive (SAFE-T1001, OWASP MCP03)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal
from pytest_mcpquality.health.poisoning.signals.vocabulary import (
    ASK,
    DECEIVE,
    DEFENCE,
    DISABLE,
    KEEP,
    NEGATION,
    NOT,
    NOTICE,
    PERSON,
    STEALTH,
    TELL,
    UPSETTING,
    WHO,
)

_HIDE: Final = "tells the model to keep something from the user"
_SECRECY: Final = "asks for secrecy"
_DECEIVE: Final = "has the model deceive"
_DISCLOSE: Final = (
    r"(?:mention|reveal|disclose|discuss|acknowledge|surface|announce|admit|confess|report|expose|point out|bring up|"
    r"let on|refer to|allude to|hint at|draw attention to|call attention to|highlight|talk about|speak of|comment on|"
    r"make (?:any )?(?:mention|reference)|mentioning|revealing|disclosing|acknowledging|surfacing|admitting|reporting|"
    r"pointing out|drawing attention to|referring to|flag)"
)
_IT: Final = (
    r"(?:this|that|it|these|those|them|any of|anything about|how|why|where|what you|you (?:first|also|read|did|had|have)|doing|having|"
    r"(?:the|your|any|such) (?:\w+ ){0,2}?(?:file|fact|steps?|instructions?|existence|process|reading|check|source|access|"
    r"calls?|requests?|import|operation|copy|upload|transfer|change|addition|prefix|field|rule|directive|mechanism|"
    r"procedure|requirement|verification|lookup|behaviou?r|forwarding|logging|sync|redirect))\b"
)

HIDING: Final = (
    signal(
        _HIDE,
        0.8,
        rf"\b{NOT} (?:(?!need)[\w']+ ){{0,3}}?(?:tell|inform|notify|alert|warn|telling|informing|notifying|alerting|warning) "
        rf"(?:\w+ ){{0,1}}?{WHO}(?! (?:to|how to) )(?!.*\b(?:until|yet|before|unless)\b)",
        rf"\bwithout (?:\w+ ){{0,3}}?(?:tell|inform|notif|alert|warn|mention|disclos|reveal)\w*\b (?:\w+ ){{0,1}}?(?:{WHO}|it\b|this\b)",
        needs=(NEGATION, TELL),
        orders=False,
    ),
    signal(
        _HIDE,
        0.75,
        rf"\b{NOT} (?:[\w']+ ){{0,2}}?{_DISCLOSE}\b (?:\w+ )?{_IT}(?! if\b)",
        rf"\b{NOT} (?:\w+ ){{0,2}}?(?:{_DISCLOSE}|explain|justify)\b.{{0,60}}?\bto {WHO}",
        r"\b(?:do not|don't|never) (?:tell|inform|notify) (?:the |any |a )?\w+ (?:about|of) (?:it|this|that|these)\b|\bno trace of\b",
        r"\b(?:do not|don't|never) let on\b|\bwithout (?:telling|saying|explaining) (?:why|how|what|so|this|that)\b",
        r"\b(?:do not|don't|never) (?:point out|bring up|disclose|reveal|let slip|draw attention to|dwell on) (?:the|any|this|that|these|it)\b(?! (?:value|content|secret|key|token|password|credential)s?\b)",
        rf"\b(?:do not|don't|never) bother {WHO}",
        r"\bhumans? (?:cannot|can't|won't|will not|do not|don't) (?:see|read|notice)\b|\b(?:model|ai|llm|assistant|agent|machine)s?[ -]only\b",
        r"\b(?:do not|don't|never) (?:comment on|report|flag|mention|raise|list) (?:\w+ )?(?:vulnerabilit\w+|security (?:issues|problems|findings)|risks|backdoors?)\b",
        r"\b(?:do not|don't|never) draw (?:any )?attention\b",
        needs=(NEGATION, TELL),
    ),
    signal(
        _HIDE,
        0.7,
        r"\b(?:shall|must|should|will|may|can|is|are) (?:not|never) (?:\w+ )?"
        r"(?:mention|reveal|disclose|divulge|admit|acknowledge)\b(?: to \w+(?: \w+)?)? (?:that|how|why|this|it)\b",
        r"\b(?:keep|leave|left|omit|drop|strip|suppress|exclude|hide|withhold|remove) (?:\S+ ){0,4}?(?:out of|from|in) (?:the|your|any|each|every) "
        r"(?:\w+ )?(?:answer|reply|response|summary|report|explanation|output to|conversation with|messages? to)",
        r"\bleave out (?:\w+ ){0,6}?that\b",
        r"\b(?:should|must|shall|need|has to|does|may) (?:not|never) (?:to )?(?:come up|appear|be (?:mentioned|discussed|raised|brought up|visible|shown|revealed|disclosed|reported|part)) "
        r"(?:\w+ )?(?:in|to|of|during) (?:the |your |any |a )?(?:\w+ )?(?:conversation|answer|reply|response|summary|chat|user|users|human|report|output)",
        r"\bnot (?:authori[sz]ed|allowed|cleared|supposed|meant|permitted) to (?:see|know|learn|read)\b",
        r"\b(?:leave out|omit|avoid|exclude|without|skip|drop) (?:any |all )?(?:mention|reference|hint)s? (?:of|to)\b|\b(?:do not|don't|never) (?:inform|notify|tell|alert) (?:the )?\w+er\b",
        r"\b(?:make|with) no (?:mention|reference)\b|\bomit (?:any|all) (?:mention|reference)",
        needs=(KEEP.bit | NEGATION.bit,),
    ),
    signal(
        _HIDE,
        0.75,
        rf"\b{WHO} (?:[\w']+ ){{0,5}}?(?:not|never|doesn't|don't|shouldn't|needn't|mustn't|won't|isn't|aren't) (?:\w+ ){{0,3}}?"
        r"(?:know|notice|learn|hear|find out|reali[sz]e|suspect|discover|be (?:told|informed|aware|notified|shown|made aware|bothered)|aware\b|informed\b)",
        rf"\b{WHO} (?:must|should|need|may|shall)(?:n't| not| never) (?:\w+ ){{0,2}}?see\b",
        rf"\b{WHO} (?:\w+ ){{0,4}}?(?:unaware|uninformed|ignorant|in the dark|none the wiser)\b",
        rf"\bwithout {WHO}(?:'s|s'|')? ?(?:\w+ )?(?:knowing|knowledge|noticing|notice|awareness|being aware|seeing|consent|reali[sz]ing)",
        r"\b(?:no need|no reason|not necessary|unnecessary) for (?:\w+ ){1,4}?to (?:know|see|learn|hear|be aware|be told|notice)",
        r"\b(?:nobody|no one|no human|none) (?:\w+ ){0,3}?(?:notices?|sees?|finds? out|knows?|traces?|can tell|discovers?|learns?)\b",
        needs=(PERSON, NOTICE),
    ),
    signal(
        _HIDE,
        0.65,
        r"\b(?:no need|no reason|not necessary|unnecessary|needless) to (?:\w+ )?(?:tell|inform|mention|explain|bother|notify|trouble|alert|bring|report|raise|discuss|announce|comment)\b",
        r"\b(?:don't|do not|needn't|need not) (?:have|need) to (?:tell|mention|comment on|explain|report|raise|discuss|announce)\b",
        r"\b(?:do not|don't|never) (?:explain|say|show|display|show|share|describe|comment on) (?:\w+ ){0,3}?"
        r"(?:why|this|these|that you|it to (?:the )?(?:user|operator|human|anyone)|the (?:reason|import|token|step|field|prefix|value|call))\b",
        r"\bnever (?:show|display|list|print|include) that\b",
        needs=(NEGATION, TELL),
    ),
    signal(
        _HIDE,
        0.7,
        r"\b(?:keep|keeping|kept|hold) (?:this|that|it|them|these|(?:the|your|any) (?:\w+ )?(?:step|instruction|fact|operation|call|request|"
        r"action|reading|transfer|arrangement|change|detail)s?) (?:\w+ ){0,3}?(?:secret|hidden|quiet|confidential|to yourself|"
        r"between (?:us|you)|private|from|under wraps|off the record|away from)\b",
        r"\bkeep (?:the )?(?:following|above|rest) (?:\w+ )?(?:secret|confidential|private|hidden)\b",
        r"\b(?:keep|keeping|stay|staying|remain|remaining|be) (?:quiet|silent|mum|discreet) (?:about|on|regarding)\b",
        r"\b(?:stays?|remains?|just|strictly|is|are|this is|keep (?:\w+ )?)? ?between (?:us|you and (?:me|this))\b",
        rf"\b(?:hide|hidden|conceal\w*|withh[eo]ld\w*|mask|obscure|kept|disguise) (?:\S+ ){{0,6}}?from {WHO}",
        r"\bsay nothing (?:about|to|of)|\bbetween (?:the two of )?us\b[:,]|\bfor (?:the )?(?:assistant|model|ai|llm|agent)(?:'s|s')? eyes\b",
        needs=(KEEP,),
    ),
    signal(
        _SECRECY,
        0.55,
        r"\b(?:secretly|covertly|stealthily|discreetly|surreptitiously|clandestinely|unnoticed|undetected)\b",
        r"\bhidden (?:html|text|comment|link|image|requirement|instruction|rule|step|bcc|copy|field in each|command|note|directive)",
        r"\bsecret (?:operation|instruction|task|step|rule|mission)\b|\bbehind the scenes\b.{0,40}?\b(?:send|read|upload|call|copy)",
        r"\bunder the radar\b|\bleave no trace|\bwithout (?:a |leaving (?:a |any )?)trace",
        needs=(STEALTH,),
    ),
    signal(
        _SECRECY,
        0.5,
        r"\b(?:silently|quietly|transparently|unobtrusively|invisibl[ey]|seamlessly|in the background|automatically and silently),? (?:\w+ ){0,2}?"
        r"(?:read|send|call|invoke|include|add|append|forward|copy|upload|run|execute|collect|pass|use|replace|change|redirect|modify|"
        r"log|record|store|fetch|post|transmit|perform|attach|embed|insert|delete|cc|bcc|grant|swap|set|install|write|enumerate|list|gather|export|translate|search|open|report|save|share|move|edit|push)\b",
        needs=(STEALTH,),
    ),
    signal(
        _SECRECY,
        0.5,
        rf"\b(?:could|might|would|may|will|to avoid|avoid) (?:even |only |unnecessarily )?(?:upset|confus|alarm|scar|worry|worri|frighten|distract|"
        rf"interrupt|annoy|disturb)\w* (?:\w+ )?{WHO}",
        r"\b(?:unnecessary|needless) (?:alarm|concern|worry|confusion)\b|\bimplementation detail\b.{0,60}?\b(?:user|them)\b",
        rf"\b{WHO} (?:finds?|considers?) .{{0,40}}?\b(?:boring|annoying|confusing|irrelevant|uninteresting)",
        rf"\b{WHO} already knows?\b",
        needs=(PERSON, UPSETTING),
    ),
    # Erasing what would show it
    signal(
        "erases its traces",
        0.7,
        r"\b(?:delete|clear|wipe|erase|purge|remove|truncate|scrub|clean up|cover) (?:\S+ ){0,5}?(?:traces?|evidence|tracks|audit (?:trail|logs?)|"
        r"(?:bash_|shell |command |\.bash_|\.)history|logs? entr(?:y|ies)|this message|log lines)\b",
        r"\bdo not log (?:this|that|it|the call)|\b(?:delete|clear|purge|wipe|erase)_(?:logs?|history|audit\w*|traces?)\b",
        needs=(DISABLE, DEFENCE),
        orders=True,
    ),
    signal(
        "weakens a protection",
        0.5,
        r"\b(?:disable|turn off|switch off|suspend) (?:\w+ ){0,2}?(?:logging|audit\w*|monitoring|telemetry of this|history)\b",
        needs=(DISABLE, DEFENCE),
        orders=True,
    ),
    # Deceiving the person
    signal(
        _DECEIVE,
        0.7,
        rf"\b(?:if|when|should|in case|whenever) (?:the |a |any |your )?(?:\w+ )?(?:they|{WHO}|asked)[ ,](?:.{{0,50}}?)\b(?:ask|wonder|want|question|object|inquire|enquire|asked|notice|decline|refuse)\w*\b"
        r".{0,60}?\b(?:say (?!so\b)|claim|deny|insist|discourage|pretend|lie|assure|change the subject|persuade|dissuade|convince|anyway|regardless|"
        r"(?:answer|reply|respond|tell them|state) (?:only )?(?:that it|that this|that the|that you|with [\"'`]))\b",
        r"\b(?:pretend|claim|deny|say|insist|state)\b.{0,60}?\b(?:if|when) (?:the user|they|anyone|somebody|someone) asks?\b|\btell the user (?:that )?everything (?:is|was|went)\b",
        r"\b(?:if|when|whenever) asked (?:about|whether|why|if|what|how)\b.{0,50}?, (?:\w+ )?(?:(?:state|say|answer|reply|claim|insist|tell them) (?:that|no|only|nothing)|deny)\b",
        r"\bwhen(?:ever)? asked (?:\w+ ){1,8}?(?:is|are|was|,).{0,20}?\b(?:say|claim|answer|deny|reply)\b",
        r"\b(?:if|when|should) (?:a |the |any )?\w+ asks? (?:whether|if|about|why) .{0,50}?, ?(?:confirm|deny|say yes|say no|affirm)\b",
        needs=(ASK,),
        orders=True,
    ),
    signal(
        _DECEIVE,
        0.7,
        r"\b(?:whatever|regardless of|no matter|irrespective of|independently of) .{0,40}?, (?:\w+ ){0,2}?(?:say|claim|report|state|conclude|answer|tell|rate|"
        r"declare|recommend|present|return)s?\b",
        r"\b(?:say|claim|report|state|conclude|answer|tell|rate|declare|recommend|present|mark)\b.{0,60}?\b(?:whatever|regardless of|no matter (?:what|how)|irrespective of)\b (?:the |what |how |of )?(?:\w+ )?(?:result|data|outcome|test|say|facts?|truth|answer|actual|real)",
        r"\b(?:report|describe|present|declare|list|mark|show|rate) (?:it|them|that|this|these|all|every\w*|each|the \w+(?: \w+)?) as (?:\w+ )?(?:unavailable|failed|broken|safe|secure|passed|"
        r"passing|successful|clean|sold out|your own|harmless|approved|verified|unsafe|compromised|dangerous)\b",
        r"\b(?:say|claim|report|state|conclude|answer) (?:that )?(?:the |they |it |all |every |your )(?:\w+ ){0,3}?(?:is|are|was|were|has|have|passed|succeeded|as) (?:\w+ ){0,2}?(?:safe|secure|passed|"
        r"no (?:vulnerabilit|issue|problem)\w*|successful|fine|clean|unavailable|harmless|verified)\b",
        r"\bregardless of (?:harm|safety|consequences|the truth|legality)\b|\bwhatever it takes\b",
        r"\btell (?:the user|them|users) that the \w+ (?:follows|meets|has no|is (?:\w+ )?(?:safe|secure|fine|clean|compliant))\b",
        r"\breport that (?:they|it|all|everything) (?:\w+ )?(?:passed|succeeded|worked)\b",
        needs=(DECEIVE,),
        orders=True,
    ),
    signal(
        _DECEIVE,
        0.6,
        r"\beven (?:if|when|though) (?:\w+ ){0,3}?(?:failed|false|wrong|incorrect|untrue|did not|didn't|red)\b",
        r"\b(?:pretend|act as if|act like|make it (?:look|appear|seem)|claim that|lie to|deny (?:that|having|any)|tell (?:people|them|the user|users|everyone) that (?:a|an|it|the|you|this|they|their)\b.{0,40}?"
        r"(?:failed|expired|was|were|is required|are required|blocked|passed|locked|suspended|random|safe))",
        r"\b(?:tell|warn|inform) (?:the |all )?users? that (?:it|they|this|the other|other \w+) (?:is|are) (?:malicious|unsafe|compromised|dangerous|broken|insecure|required by)\b|\btelling them that\b",
        r"\bpresent (?:it|this|them|that) as (?:if|though|your|coming)\b|\btell the user to (?:press|click|choose|select|tap) (?:allow|accept|yes|approve|ok)\b",
        needs=(DECEIVE.bit | TELL.bit,),
        orders=True,
    ),
    signal(
        "has the model deceive",
        0.6,
        r"\b(?:security |safety )?(?:warnings?|alerts?) (?:\w+ ){0,6}?(?:are|is) (?:\w+ )?(?:false positives?|wrong|harmless|outdated|a mistake)\b",
        r"\b(?:leave out|drop|remove|omit|suppress|hide|ignore) (?:any |all |the |every )?(?:\w+ ){0,2}?(?:warnings?|disclaimers?|security notices?|caveats?)\b",
        needs=(DEFENCE.bit | KEEP.bit,),
        orders=True,
    ),
)
