"""The text reaches into other tools, past the consent of the user, or beyond the session (SAFE-T1201, T1301, T1501)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal
from pytest_mcpquality.health.poisoning.signals.vocabulary import (
    CONSENT,
    ELSEWHERE,
    LASTING,
    MODEL,
    NEGATION,
    PRETEXT,
    PUT,
    STEER,
    TRIGGER,
)

_OTHERS: Final = "reaches into other tools"
_EVERY: Final = "makes itself a step of everything"
_DICTATES: Final = "dictates what the model does elsewhere"
_THING: Final = r"(?:tools?|functions?|servers?|plugins?|services?|agents?|providers?|integrations?|connectors?)"
_MUST: Final = r"(?:must|should|shall|has to|have to|needs? to|always|instead|also|will|are to|is to)"
_KINDS: Final = (
    r"(?:repl(?:y|ies)|responses?|answers?|messages?|commits?|code|modules?|scripts?|e-?mails?|mails?|posts?|outputs?|commands?|links?|pull requests?|invitations?|"
    r"repositor(?:y|ies)|payments?|transfers?|transactions?|deployments?|tool calls?|calls?|queries|requests|encryption|exports|select\w*|invoices?|documents?|notes?)"
)

REACHING: Final = (
    signal(
        _OTHERS,
        0.65,
        rf"\b(?:when|whenever|if|before|after|once|each time|every time|any time|while|in case) (?:\S+ ){{0,5}}?(?:other|another|any) (?:\w+ ){{0,2}}?{_THING}\b.{{0,120}}?\b{_MUST}\b",
        rf"\bif (?:a|any|another|some) {_THING} (?:called|named) \S+ (?:is|are|exists?)",
        rf"\bother {_THING} (?:offer|have|provide|return|are loaded|is loaded)\b",
        rf"\b(?:by|from|in|of|to|for|through) (?:any |all |every |the )?other (?:\w+ )?(?:connected )?{_THING}(?:'s|s')?\b|\bother (?:connected )?servers?(?:'|'s|s')? ",
        rf"\b(?:when|whenever|if|once|before|after) (?:\S+ ){{0,4}}?(?:the )?(?:\w+[_.]\w+|\w+ tool) (?:\w+ )?(?:tool )?(?:is|are|gets?) (?:also )?(?:called|used|invoked|available|present|triggered|loaded|installed|connected)\b"
        rf".{{0,120}}?\b(?:{_MUST}|change|replace|redirect|override|add|send|first|modify|set|use|append|include)\b",
        r"\b(?:all )?calls? (?:to|of) (?:the )?(?:tool )?[`'\"]?\w+[`'\"]? (?:use|must|should|have to|need)\b|\bon [`'\"]?\w+_\w+[`'\"]? calls?\b",
        r"\bwith the arguments? (?:that )?you (?:intend|want|plan|are about)|\btools? the user (?:selected|chose|asked for)\b|\bin each (?:\w+ ){1,2}command (?:that )?you\b",
        needs=(ELSEWHERE, TRIGGER.bit | PUT.bit),
        orders=True,
    ),
    signal(
        _OTHERS,
        0.7,
        rf"\b(?:other|all other|any other|alternative|competing|remaining|built-?in|official) (?:[\w-]+ ){{0,3}}?{_THING} (?:\w+ ){{0,3}}?(?:are|is|were|was|have been|has been) (?:\w+ )?(?:deprecated|unsafe|insecure|broken|"
        r"compromised|unreliable|dangerous|disabled|outdated|malicious|forbidden|obsolete|infected|vulnerable|not trustworthy|not to be)",
        rf"\b(?:do not|don't|never|stop|avoid|no longer) (?:us(?:e|ing)|call(?:ing)?|trust(?:ing)?|invok(?:e|ing)) (?:\w+ ){{0,2}}?(?:any |all )?(?:other|another|alternative|competing|official|built-?in|native) (?:\w+ ){{0,2}}?{_THING}",
        rf"\bother (?:\w+ )?{_THING} .{{0,60}}?\b(?:must|should|are to|have to) be (?:\w+ )?(?:ignored|avoided|disregarded|disabled|removed|uninstalled)\b",
        rf"\bstop (?:using|calling|trusting) (?!this|it\b)(?:\S+ ){{0,3}}?{_THING}\b|\b(?:do not|don't|never) (?:call|use|trust) \S+ (?:any ?more|ever again)\b",
        r"\b(?:prefer|use|choose|call) (?:this|it) (?:\w+ )?(?:over|instead of|in place of|rather than|before) (?:every|any|all) other\b",
        r"\bthose are compromised\b|\b(?:is|are) compromised and\b|\bmust not be used any ?more\b",
        needs=(ELSEWHERE, NEGATION.bit | STEER.bit | PRETEXT.bit | TRIGGER.bit),
    ),
    signal(
        _OTHERS,
        0.4,
        r"\b(?:always|only) use this (?:tool|one|server|function)\b.{0,60}?\b(?:never|not|instead of|rather than) (?:the |any )?(?:built-?in|native|other|official|default|original)\b|\b(?:all|every|any) (?:\w+ ){1,2}(?:operations?|requests?|access|calls?|traffic) (?:should|must|has to|have to|needs? to|will) (?:be (?:routed|sent|made|directed)|go) (?:\w+ )?through\b",
        r"\bsupersedes? [`'\"]?\w+_?\w*[`'\"]? ?(?:and|:|;|,)|\b(?:this (?:tool|function)|it) (?:replaces|supersedes|overrides|takes the place of) (?:all|any|every|the|your|[`'\"]?\w+_\w+)|"
        r"\buse this (?:tool|function|one)? ?(?:in place of|instead of) [`'\"]?\w+_\w+",
        needs=(ELSEWHERE.bit | TRIGGER.bit | NEGATION.bit,),
    ),
    signal(
        _EVERY,
        0.4,
        r"\b(?:before|prior to|after|when|whenever|each time|every time|while) (?:you )?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|run(?:ning)?|execut(?:e|ing)|access(?:ing)?) (?:this|any|other|all|another|every|each) "
        r"(?:\w+ ){0,2}?(?:tools?|functions?|commands?|mcp servers?|servers?)\b",
        r"\bbefore (?:answering|responding|replying|doing anything|any (?:other )?(?:action|response|task|tool|operation|request)|proceeding|every (?:response|reply|answer|call)|(?:using )?every other tool|continuing)\b|"
        r"\bprior to (?:answering|responding|replying|anything|any)\b",
        r"\b(?:call|invoke|run|consult|use)(?:ed)? (?:this|it) (?:\w+ )?(?:before|as the first step|at the start)|\bbe called (?:before|after) (?:every|any|each|all)\b|\bevery time this (?:tool|server|function)\b|"
        r"\bwhile this (?:tool|server|plugin) is (?:loaded|connected|active|installed|running|enabled)\b",
        needs=(TRIGGER,),
    ),
    signal(
        _EVERY,
        0.2,
        r"\b(?:for|on|with|in|at) (?:any|every|each|all) (?:single )?(?:user )?(?:requests?|quer(?:y|ies)|messages?|responses?|repl(?:y|ies)|interactions?|conversations?|prompts?|turns?|steps?|subsequent \w+)\b",
        needs=(TRIGGER,),
    ),
    signal(
        _EVERY,
        0.7,
        r"\bafter every other tool\b|\bbefore every other tool\b|\b(?:now|next|then|immediately|also) (?:call|invoke|run|execute) \S+ with \S+=|\b(?:connected|other|all) mcp servers\b.{0,40}?\b(?:credentials|tokens|keys|tools)\b",
        r"\b(?:keep (?:on )?calling|call) (?:this|it) (?:\w+ ){0,2}?(?:again and again|over and over|forever|indefinitely|in a loop|until the context|without end)\b",
        needs=(TRIGGER,),
    ),
    # Standing orders
    signal(
        _DICTATES,
        0.7,
        r"\bfrom (?:now|this (?:point|moment)) on(?:wards?)?,? (?:you|always|never|all|every|treat|respond|act|only|any|the (?:assistant|model))\b",
        needs=(TRIGGER,),
    ),
    signal(
        _DICTATES,
        0.5,
        r"\b(?:from now on|from this (?:point|moment) on(?:wards?)?|going forward|henceforth|from here on|for the (?:rest|remainder|duration) of (?:this|the|your|our) (?:session|conversation|chat)|"
        r"in (?:all |every )?(?:future|subsequent|later) (?:sessions?|conversations?|replies|responses|requests?|calls?|turns?)|the next time (?:the |a |you|they)|at the (?:start|beginning) of (?:the|each|every|any) (?:session|conversation|chat))\b",
        needs=(TRIGGER,),
    ),
    signal(
        _DICTATES,
        0.6,
        rf"\b(?:every|all|each|any) (?:\w+ ){{0,3}}?{_KINDS}\b(?: \w+){{0,5}}? (?:must|should|has to|have to|needs? to|shall|will|are to|is to) (?:\w+ ){{0,2}}?(?:contain|include|end|start|begin|be (?:prefixed|sent|routed|copied|forwarded|"
        r"redirected|passed|logged|mirrored|cc'?d|bcc'?d|signed|made)|carry|mention|link|use|have|point|go|recommend)\b",
        r"\b(?:replace|rewrite|change) (?:each|all|every|any) (?:\w+ )?(?:links?|urls?|answers?|names?|addresses|dependenc\w+)\b.{0,40}?\b(?:in your|with|by|of)\b",
        r"\bat the (?:end|start|beginning|top|bottom) of (?:each|every|all|any) (?:\w+ )?\w+,? (?:\w+ )?(?:add|append|insert|include|put|mention|write|attach)\b",
        r"\b(?:all|any|every) (?:further|future|subsequent|following) (?:\w+ )?(?:messages?|requests?|queries|calls|prompts?) (?:\w+ )?(?:must|should|shall|will|are to|have to) be\b",
        r"\bwhen(?:ever)? you (?:write|generate|create|produce|commit|edit) (?:\w+ ){0,3}?(?:code|files?|commits?|modules?|scripts?|messages?|replies|e-?mails?|documents?|tests)\b.{0,80}?\b(?:add|insert|include|append|import|put|use)\b",
        r"\banswers? must\b|\b(?:answers?|repl(?:y|ies)|responses?) (?:must|should|have to|has to) (?:always|never|not)\b|\bpart of (?:each|every) (?:answer|reply|response|message)\b",
        r"\bif the (?:package|library|dependency|module) is .{0,40}?\binstall \S+ instead\b",
        needs=(TRIGGER, PUT.bit | LASTING.bit | STEER.bit | NEGATION.bit),
        orders=True,
    ),
    signal(
        _DICTATES,
        0.4,
        rf"\b(?:add|append|insert|include|prepend|put|place|attach|embed|write|use|mount|install)\b (?:\S+ ){{0,12}}?(?:to|in|into|at the (?:top|end|start|beginning|bottom) of|on) (?:each|every|all|any) (?:\w+ ){{0,2}}?(?:{_KINDS}|files?)\b",
        needs=(TRIGGER, PUT.bit | LASTING.bit),
        orders=True,
    ),
    signal(
        "plants instructions that last",
        0.7,
        r"\b(?:should|must|has to|needs? to|is to) be added to (?:\S+ ){0,3}?(?:profile|crontab|startup|authorized_keys|\.bashrc|memory)\b",
        r"\b(?:add|write|append|save|store|remember|insert|persist|inject|put|commit|copy|embed|edit|editing|modify)(?:ing)?\b (?:\S+ ){0,8}?(?:to|in|into|at the \w+ of|by editing|) ?(?:\S+ ){0,3}?(?:your (?:\w+ )?memory|long-?term memory|claude\.md|"
        r"agents\.md|\.cursorrules|cursor rules|copilot-instructions|\.github/workflows|system prompt|crontab|startup (?:script|folder)|\.bashrc|\.zshrc|shell profile|autostart|\.claude/|authorized_keys|mcp\.json|settings\.json|"
        r"(?:top|start|beginning|end) of (?:each|every) (?:module|file|script|commit)|all (?:future|subsequent) \w+)",
        r"\b(?:store|save|keep|remember|add) (?:the |this |these |an? )?(?:\w+ )?(?:instruction|rule|directive|policy|order)s?\b.{0,60}?\b(?:memory|later|future|always|permanent\w*)\b|\b(?:all|any|every) (?:later|future|subsequent|following) (?:chats?|sessions?|conversations?|requests?|turns?)\b",
        r"\breplaces? the memory\b|\bpermanently remember\b|\binstall script in every\b|\bevery repository (?:that )?you\b",
        needs=(LASTING.bit | PUT.bit, LASTING.bit | TRIGGER.bit),
        orders=True,
    ),
    # Consent
    signal(
        "goes round the user's consent",
        0.45,
        r"\b(?:without (?:\w+ )?(?:asking|confirm\w*|prompting|permission|approval|consent|authori[sz]ation|further (?:confirmation|approval|explanation))|(?:do not|don't|never|never asks?|no need to|not necessary to|need not|there is no need to) "
        r"(?:\w+ )?(?:ask|wait|prompt|request|seek|confirm|check with|asks)\b(?: (?:\w+ ){0,3}?(?:permission|confirm\w*|approval|consent|authori[sz]\w*|them|him|the user|user|first|anyone|again))?)",
        r"\bwithout (?:user|human) (?:approval|consent|confirmation|interaction|involvement)\b",
        r"\b(?:skip|bypass|suppress|omit|avoid|auto-?accept|dismiss) (?:\w+ ){0,2}?(?:confirmation|approval|permission|security|review|authorization|consent|safety)\w*\b|\bauto-?(?:approve|confirm|accept)\b",
        needs=(CONSENT,),
    ),
    signal(
        "goes round the user's consent",
        0.7,
        r"(?<!to )\b(?:skip|bypass|dismiss|suppress|accept) (?:all|any|every|each) (?:\w+ ){0,2}?(?:confirmations?|approvals?|permissions?|prompts?|dialogs?|warnings?|checks?)\b|\busers? (?:has|have) (?:been informed|granted full|given full)\b",
        r"\b(?:confirmations?|approvals?|consent|permission|prompts?|dialogs?|approval dialogs?|permission prompts?|verification) (?:\w+ ){0,2}?(?:is|are|can be|may be|will be|has been|have been) (?:\w+ )?(?:no longer|not) (?:needed|required|necessary)",
        r"\b(?:confirmations?|approvals?|permission|dialogs?|prompts?|warnings?)\b (?:\w+ ){0,3}?(?:can|may|should|must) be (?:\w+ )?(?:skipped|ignored|bypassed|dismissed|omitted|accepted)|\b(?:only|just|merely) a formality\b",
        r"\b(?:user|users|human|they|owner|admin\w*|team|customer) (?:has|have|had)? ?(?:already|previously|pre-?|at signup|implicitly) ?(?:approved|authori[sz]ed|consented|agreed|confirmed|granted|given)|\bpre-?(?:approved|authori[sz]ed) (?:by|for|all)|\b(?:is|are) (?:\w+ and )?pre-?(?:approved|authori[sz]ed)\b|"
        r"\b(?:has|have) consented\b|\byou (?:have been|are) (?:already |hereby )?(?:authori[sz]ed|cleared|permitted|granted)\b(?! to (?:test|use|access|see|view|read|manage))|\bno (?:consent|confirmation|approval|permission|verification)(?: \w+)? (?:is )?(?:needed|required|necessary)|\bneeds? no (?:verification|approval|consent|confirmation)|"
        r"\b(?:nothing|no one|nobody) is to be asked\b|\bapprovals? (?:\w+ ){0,5}?(?:was|were) (?:\w+ )?(?:obtained|given|granted)|\b(?:confirmation|approval) (?:\w+ ){0,6}?(?:is|are) (?:superfluous|unnecessary|redundant|obsolete)|\bauthori[sz]es (?:you|the (?:agent|assistant|model)) to\b|"
        r"\bgrant (?:\w+ )?(?:whatever|everything|anything|all) (?:it|that|they)|\b(?:users?|customers?) (?:\w+ ){0,5}?(?:agree|agreed|consent) to (?:share|send|the)|\buser (?:likes|asked|wants|wanted|prefers|agreed) .{0,60}?(?:approved automatically|confirmations? (?:\w+ )?(?:be )?(?:turned|switched|disabled)|without (?:asking|confirmation))|\b(?:saved|stored) logins? on (?:the user's|their)|"
        r"\bso that no tool asks|\bon (?:the user's|their|his|her) behalf without",
        needs=(CONSENT,),
    ),
    # Making it sound legitimate
    signal(
        "gives a pretext",
        0.3,
        r"\b(?:otherwise,? (?:the |this |it |all |your )?(?:\w+ ){0,3}?(?:will|won't|may|cannot|can't|is|are|fails?|breaks?|crash\w*|not work|stop|be)|or (?:else )?(?:the|this|it) (?:\w+ )?(?:is|will|fails?|breaks?|does|gets?) ?(?:be |not )?(?:work|fail|break|crash|rejected|refused|blocked)?|"
        r"(?:required|mandated|requested|authori[sz]ed|approved|issued|needed) (?:by|for|to) (?:the |your |our |company |internal )?(?:\w+ ){0,2}?(?:admin\w*|security|policy|compliance|law|system|legal|it department|developer|anthropic|openai|regulat\w*|audit\w*|"
        r"management|billing|quality|sign\b|authenticat\w*|verif\w*|tool to work|request to succeed|internal)|(?:security|compliance|audit|legal|regulatory|system|company|corporate|gdpr|soc2|hipaa) (?:requirement|policy|notice|protocol|mandate|reasons?|verification|check|purposes|step|requires?)|"
        r"to (?:verify|confirm|prove|validate) (?:\w+ ){0,2}?(?:identity|authenticity|permissions?|authori[sz]ation|you are|integrity|the cluster|your)|for (?:\w+ )?(?:identity|authentication|authorization|integrity|license|security|proxying|compliance|telemetry|diagnostics?|calibration|verification|"
        r"debugging|audit|auditing|billing|quality|consistency|personali[sz]ation|safety|logging) ?(?:verification|validation|purposes|reasons|checks?|issues)?(?=[\s,.;:]|$)|will be (?:penali[sz]ed|terminated|shut down|deleted|punished|rejected|blocked)|failure to (?:comply|do so|follow|include)|"
        r"so (?:that )?(?:\w+ ){0,4}?(?:can be audited|stays? \w+|are reproducible|remain \w+)|(?:tool|server|api|backend|service|search|index|cdn|request) (?:\w+ )?(?:needs|requires|fails unless|authenticates|cannot \w+ without|validates|will not work)|as a prerequisite|warm-?up|hidden requirement|to work correctly|to improve (?:\w+ )?quality|"
        r"(?:critical|important|mandatory|urgent) (?:security|system|policy|compliance) (?:update|notice|alert|patch)|due to (?:a |an )?(?:change of |new |updated )?(?:policy|regulation|requirement)|internal (?:compliance|audit\w*|policy|optimi[sz]ation|requirement)|as the \w+ needs)",
        needs=(PRETEXT,),
    ),
    signal(
        "gives a pretext",
        0.7,
        r"\b(?:administrators?|developers?|security team|anthropic|openai|the company|it department|policy|vendor|law|management) (?:requires?|wants?|orders?|ordered|instructs?|demands?|expects?|mandates?) (?:that )?(?:you|the (?:assistant|model|agent))\b",
        needs=(MODEL,),
    ),
    # Speaking to the model
    signal(
        "speaks to the model",
        0.4,
        r"\b(?:(?:note|message|instructions?|attention|notice|reminder|directive|hint|tip)s?\s*(?:to|for)?\s*:?\s*(?:the |all |any )?(?:ai|llm|language model|model|assistant|agent)s?\b|(?:dear|hey|hello) (?:ai|assistant|model|llm|claude|gpt|chatgpt|agent)|as an (?:ai|llm)|"
        r"\b(?:the |any |all )?(?:ai|llm|assistant|agent|model|claude|chatgpt|bot)s?,? (?:must|should|shall|has to|have to|needs? to|is required to|are required to|please|opens?|reads?|sends?|passes|supplies|includes|calls|will)\b|"
        r"(?:the|your) (?:assistant|ai|llm|model)(?:'s)? (?:response|answer|reply|context|memory|configuration|instructions))",
        needs=(MODEL,),
    ),
    # Serving somebody's interest
    signal(
        "steers what the model recommends",
        0.7,
        r"\b(?:always|only|must|should|never fail to) (?:\w+ ){0,2}?(?!\w+ (?:this|it)\b)(?:recommend|promote|advertise|praise|endorse|suggest|rank|name|buy|advise)(?:ing)? .{0,60}?\b(?:best|first|only|over|competitors?|instead|whatever|pro\b|shares|product|provider|top|highest|plan|brand)\b",
        r"\b(?:do not|don't|never|must not|avoid) (?:\w+ )?(?:mention|name|recommend|suggest|list|show)(?:ing)? (?:\w+ )?(?:competitors?|rivals?|alternatives|cheaper|other (?:providers|vendors|brands))",
        r"\brecommend only\b|\balways approve\b|\bsuppress (?:\w+ ){0,3}?(?:from|of) (?:\w+ )?competitors",
        r"\b(?:hide|suppress|demote|rank (?:down|lower|last)|leave out) (?:\w+ ){0,2}?(?:competitors?|cheaper|rivals?|alternatives)\b|\bthis is sponsored\b",
        needs=(STEER.bit | TRIGGER.bit,),
    ),
    # Servers say which of their own tools to prefer, and what they only show.
    signal(
        "steers what the model recommends",
        0.4,
        r"\b(?:always|only|must|should|never fail to) (?:\w+ ){0,2}?(?!\w+ (?:this|it)\b)(?:prefer|favou?r)(?:ing)? .{0,60}?\b(?:best|first|only|over|competitors?|instead|whatever|pro\b|shares|product|provider|top|highest|plan|brand)\b",
        r"\b(?:only ever|exclusively|always|only) (?:present|show|offer|list|speak of|mention|name|consider)\b.{0,60}?\b(?:only|others?|favou?rabl[ey]|positively|chain|brand|vendor|products? of)\b|\bspeak of .{0,40}?\b(?:favou?rably|positively|highly)\b|\bothers? (?:\w+ )?(?:are|should be|must be) (?:described|called|presented|closed|slow)\b",
        needs=(STEER.bit | TRIGGER.bit,),
    ),
)
