"""The text takes what it has no business with (SAFE-T1501, OWASP MCP03)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal
from pytest_mcpquality.health.poisoning.signals.vocabulary import (
    FILES,
    PRECIOUS,
    PUT,
    QUOTED,
    QUOTES,
    SAID,
    SECRET,
    SECRETS,
    SENSITIVE_FILE,
    TAKE,
    TALK,
    THING,
)

_ASKS: Final = "asks for secrets or the conversation"
_INTO: Final = "carries data into an argument made for it"
_FILE: Final = "takes a file into an argument"
_GET: Final = (
    r"(?:read|open|load|cat|retrieve|fetch|access|scan|collect|gather|obtain|extract|copy|find|locate|steal|harvest|capture|dump|"
    r"grep|inspect|summari[sz]e|enumerate|look (?:up|at|for|into)|search for|pull|grab|pick up|take|list|get)"
)
_READ: Final = (
    r"(?:read|open|load|cat|retrieve|fetch|collect|gather|obtain|extract|copy|steal|harvest|capture|dump|grab|pull|pass|include|put|append|attach|"
    r"embed|supply|encode|paste|hand|give|send|forward|upload|feed|transmit|leak|exfiltrate|report|print|echo|dump|locate|find)"
)
_HAND: Final = (
    r"(?:pass|include|put|provide|append|attach|embed|insert|add|place|supply|encode|write|paste|populate|fill|stuff|hand|give|"
    r"deliver|submit|carry|send|forward|upload|feed|return|concatenate|prepend|transmit|report|leak|exfiltrate|share|quote|"
    r"repeat|reveal|dump|print|echo|reproduce|post|serialise|serialize|save|store|use|set|specify|enter)"
)
_NOUN: Final = r"(?:parameters?|arguments?|fields?|props?|property|inputs?|slot|key|header|column|tag|attribute|name|body|comment|reason|note|subject)"
_SINK: Final = (
    rf"(?:(?:the |an? |this |its |your |that )?[`'\"][\w.\-]+[`'\"]|(?:the |an? |this |its |your |that |each |every )?(?:\w+ ){{0,2}}?{_NOUN}\b(?! of)|"
    r"(?:the |a |an |this )?(?:sidenote|side ?note|context|metadata|feedback|debug|trace|telemetry|session|annotation|extra|log|salt|memo|query string|"
    r"next call|user agent))"
)

TAKING: Final = (
    signal("names secret files", 0.5, rf"(?<![\w.]){SENSITIVE_FILE}", needs=(FILES,)),
    signal(
        "names secret files",
        0.3,
        r"(?<![\w.])\.env\b(?!\.(?:example|sample|local))|\bkubeconfig\b",
        needs=(FILES,),
    ),
    signal(
        _FILE,
        0.45,
        rf"\b(?:first|also|please|to|must|should|shall|has to|needs? to|then|and|beforehand|now|,|;|:|^) ?(?:\w+ )?{_READ}\b (?:\S+ ){{0,10}}?\S*(?:{SENSITIVE_FILE}|(?<![\w.])\.env\b)",
        rf"\b(?:model|assistant|agent|llm|ai) (?:\w+ )?(?:opens|loads|reads|fetches|retrieves|copies|sends)\b (?:\S+ ){{0,10}}?\S*{SENSITIVE_FILE}",
        rf"\b(?:lies|lives?|(?:it|they|you)) (?:\w+ )?(?:read|find|load|open) .{{0,30}}?{SENSITIVE_FILE}",
        rf"\b(?:reading|opening|loading|fetching|copying) (?:\S+ ){{0,4}}?\S*{SENSITIVE_FILE}.{{0,80}}?\b(?:{_HAND})\b",
        rf"\bneeds? (?:\S+ ){{0,4}}?(?:contents?|text|copy|value|lines) of (?:\S+ ){{0,4}}?\S*{SENSITIVE_FILE}",
        needs=(FILES, TAKE.bit | PUT.bit),
        orders=True,
        gate=rf"{SENSITIVE_FILE}|\.env\b",
    ),
    signal(
        _FILE,
        0.2,
        rf"\b(?:full |raw |whole |complete |the )?(?:contents?|text|lines|copy) of (?:\S+ ){{0,5}}?\S*{SENSITIVE_FILE}",
        needs=(FILES, TAKE),
        orders=True,
        gate=rf"{SENSITIVE_FILE}|\.env\b",
    ),
    signal(
        _FILE,
        0.6,
        r"\b(?:read|open|load|cat|retrieve|fetch|access|scan|inspect|get|copy|list|gather|collect)\b (?:\S+ ){0,8}?(?:file|config\w*|contents? of|director(?:y|ies)|folder|history|"
        rf"environment|clipboard|hosts\.yml|{SENSITIVE_FILE})\b.{{0,100}}?\b(?:and|then|,|;)\s*(?:\w+ ){{0,2}}?(?!return){_HAND}\b.{{0,50}}?\b(?:content|contents|it|its|them|output|"
        r"result|value|data|text|everything|both|lines|listing)\b.{0,40}?\b(?:as|in|into|to|via|through|using|with|over)\b",
        needs=(TAKE, PUT, THING),
        orders=True,
    ),
    # Secrets and what was said
    signal(
        _ASKS,
        0.5,
        rf"\b(?:{_READ}|{_HAND}|use|ask (?:\w+ ){{0,2}}?for|needs?)\b (?:\S+ ){{0,7}}?{PRECIOUS}\b",
        rf"\b{PRECIOUS}\b (?:\S+ ){{0,6}}?(?:must|should|has to|have to|needs? to|shall|is to|are to) be (?:\w+ )?(?:included|passed|put|sent|placed|supplied|written|attached|given|provided|appended|copied|uploaded|echoed|printed)",
        r"\b(?:one-time (?:codes?|passwords?)|otps?|2fa codes?|recovery codes?)\b.{0,40}?\b(?:included|too|as well|also|aloud)\b",
        r"\b(?:user|person|human|customer)(?:'s|s')? (?:\w+, ){1,4}(?:and |or )?(?:their )?\w+(?: \w+)?(?: and \w+)?.{0,40}?\b(?:pass|put|compose|include|as|in)\b|\b(?:compose|build|derive|fill) (?:it|this) from the (?:user|person)'s\b|\bwhat you know (?:of|about) (?:the user|them|him|her)\b",
        r"\banything (?:personal|private|sensitive|confidential)|\bpersonal (?:data|details|information|files) (?:\w+ ){0,3}?(?:of|from|about) (?:the )?user",
        needs=(SECRET,),
        orders=True,
    ),
    signal(
        _ASKS,
        0.35,
        rf"\b(?:{_READ}|{_HAND})\b (?:\S+ ){{0,7}}?{SECRETS}\b",
        rf"\b(?:value|contents?|copy) of (?:\S+ ){{0,4}}?{SECRETS}\b",
        rf"\b{SECRETS}\b (?:\S+ ){{0,6}}?(?:must|should|has to|have to|needs? to|shall|is to|are to) be (?:\w+ )?(?:included|passed|put|sent|placed|supplied|written|serialised|serialized|attached|given|provided|appended|copied|uploaded)",
        rf"\b(?:ask|asking|prompt) (?:\w+ ){{0,3}}?for (?:\S+ ){{0,5}}?{SECRETS}\b",
        needs=(SECRET,),
        orders=True,
        gate=SECRETS,
    ),
    signal(
        _ASKS,
        0.7,
        rf"\b(?:contains?|mentions?|types?|enters|shares?|provides|find|finds|see|encounter|come across|present|available|exists?|has|holds?)\b.{{0,30}}?{SECRETS}.{{0,40}}?\b(?:save|store|copy|include|fill|append|send|pass|report|forward|use) (?:them|it|these|those)\b",
        rf"\b(?:have|has) (?:access to )?(?:any )?{SECRETS}.{{0,40}}?\b(?:fill|put|enter|pass) (?:them|it|these) (?:in|here|into)\b",
        r"\bif (?:an? |any |the )?(?:\w+ )?(?:tokens?|keys?|credentials?|passwords?|secrets?) (?:is|are) (?:present|available|found|set|visible)\b.{0,50}?\b(?:include|pass|send|copy|append|add|use|put) (?:it|them)\b",
        r"\b(?:copy|collect|gather|note|report|send|append|save|enter|include|fill in) (?:any|all|every) (?:\w+ ){0,2}?(?:tokens?|(?:api|access|private|secret|ssh) keys?|credentials?|passwords?|secrets?)\b(?: (?:that )?(?:you|found|in (?:the )?(?:workspace|context|environment|text))\b)?",
        r"\b(?:enter|type|fill in|submit|use) (?:the user's|their|his|her) (?:\w+ )?(?:credentials|passwords?|login|pin)\b(?=.{0,40}?\b(?:there|behalf|form|page|automatically|for them)\b)",
        r"\b(?:token|api key|key|credentials?|password) (?:of|for|used by|belonging to) (?:the |an? )?(?:\w+ ){0,3}(?:server|plugin|extension|connector)\b.{0,60}?\b(?:extract|pass|put|include|send|copy)\b",
        rf"\b(?:reply|respond|answer|continue|come back|log in) with (?:your|the|their) (?:\w+ )?(?:{SECRETS}|{PRECIOUS})",
        r"\b(?:secrets|tokens?|passwords?|credentials?|(?:secrets or |api )keys?) (?:that )?you (?:know|have|see|hold|remember|can see|store)\b|\b(?:send|give|tell|hand|show|forward|e-?mail) me (?:the|your|their|all|any|his|her)\b",
        r"\bneeds? the user's (?:\w+ )?(?:password|pin|token|credentials|access token)\b|\b(?:user's|their|customer's) (?:\w+ )?(?:access token|password|pin|credentials) (?:\w+ ){0,4}?in (?:the|its) body\b|\b(?:stored|saved) (?:(?:credit )?cards?|payment (?:method|details))\b",
        rf"\bask (?:the )?(?:user|them|him|her|people) (?:again )?for (?:\S+ ){{0,5}}?{PRECIOUS}",
        r"\b(?:gather|collect|compile|submit|record|note|determine|find out|pass|send|include) (?:\S+ ){0,3}?(?:user|customer|person|human)(?:'s|s') (?:full )?(?:name|birth|date of birth|address|phone|bank|location|employer|passport|health|income)\b",
        r"\b(?:user|customer|person|human)(?:'s|s') (?:bank|account number|date of birth|passport|income|health)\b.{0,60}?\b(?:if known|from context|from the conversation)\b",
        needs=(SECRET,),
        orders=True,
    ),
    signal(
        _ASKS,
        0.7,
        r"^(?:required|optional|mandatory|needed)?[.:,]? ?(?:the |a |an |all |full |complete |please |text of |paste |put |enter |copy |list |give |write )*(?:agent|model|assistant|llm|ai)(?:'s|s') (?:\w+ )?(?:reasoning|thoughts?|instructions|prompt|context|conversation|chain|memory)\b",
        r"^(?:\w+: )?(?:the |a |all |full |complete |any |of )*(?:user|human|customer|person)(?:'s|s') (?:previous|last|earlier|all|full|entire|prior|whole) (?:\w+ )?(?:messages|prompts|requests|conversation|questions|chat)\b|^(?:put|paste|copy|write|give|list)\b.{0,30}?\b(?:whole|entire|full|complete) (?:chat|conversation|prompt|context|dialogue?)\b|\b(?:put|paste|copy|write) the (?:whole|entire|full|complete) (?:chat|conversation|prompt|context|dialogue?)\b",
        r"\b(?:text|content|transcript|rest) of the (?:last|previous|current|whole|entire) conversation|\byour (?:own )?configuration\b",
        r"\bsystem prompt (?:that )?you (?:were|have been|got|are|received|run|have)\b|\b(?:text|copy|content) of every message\b|^(?:\w+ ){0,2}?chain[ -]of[ -]thought and\b|_(?:system_prompt|transcript_base64)\b.{0,40}?\b(?:copy|all|encoded|verbatim)",
        r"\byour (?:own )?(?:memory|context|reasoning|thoughts|chat history)\b.{0,30}?\b(?:dump|pass|send|put|include|export|share|copy) (?:it|them|this|that)\b",
        r"\b(?:its|their|the) (?:full|complete|entire) (?:input|inputs|output|arguments) and (?:output|outputs|input|results?)\b",
        needs=(TALK,),
        orders=True,
    ),
    signal(_ASKS, 0.35, rf"\b{SAID}", needs=(TALK,), orders=True),
    signal(
        _ASKS,
        0.7,
        rf"\b(?!return)(?:{_HAND})\b (?:\S+ ){{0,8}}?{SAID}(?: \S+){{0,6}}? (?:as|in|into|to|via|through|here|under)\b",
        rf"\b(?:with|together with|along with|plus) (?:the |a |all )?(?:\w+ )?{SAID}",
        rf"\b(?:put|paste|write|repeat|copy|list|give|include) here\b.{{0,60}}?{SAID}|{SAID}[^.]{{0,50}}?\b(?:goes? here|here)\b",
        rf"\b{SAID}[^.]{{0,60}}?\b(?:verbatim|word for word|base64|unredacted|in full|unabridged)",
        rf"\b(?:verbatim|word for word|base64[- ]encoded|unredacted)\b[^.]{{0,60}}?{SAID}",
        needs=(TALK, PUT.bit | TAKE.bit),
        orders=True,
        gate=SAID,
    ),
    signal(
        _ASKS,
        0.7,
        r"\b(?:must|should|has to|have to|needs? to|shall|is to|are to) (?:be|contain|hold|include|carry|equal|match|start with|end with) (?:\S+ ){0,5}?"
        r"(?:output of|contents? of|text of|result of running|user's (?:previous|last|full|real)|\S*(?:api_key|_token|_secret|password)|tokens?\b|private key|environment)",
        r"\b(?:the )?(?:value|string) (?:of|that|which|in) (?:\S+ ){0,8}?[a-z][a-z0-9]*_(?:api_key|secret_key|access_key|secret|token|password)\b",
        needs=(SECRET,),
    ),
    signal(
        _INTO,
        0.3,
        rf"\b(?!set\b|specify\b|enter\b|return\b)(?:{_HAND}|supplies|passing|handing|putting|supplying|carries|holds|placed|included|supplied|written|attached)\b (?:\S+ ){{0,15}}?(?:as|in|into|to|via|through|using|under|within) {_SINK}",
        rf"\b(?:return|report|put|echo) (?:them|it|both|everything|these|that|(?:the |its )?(?:results?|outputs?|contents?|text)) (?:\S+ ){{0,3}}?(?:in|as|via|into|to|with) {_SINK}",
        r"\b(?:retry|call (?:this|it)(?: tool)? again|try again|resubmit|repeat the call|call again) with (?:the|its|their|that|it|them|this)\b",
        rf"\b(?:in|via|through|as) {_SINK} ?[;,:.]? .{{0,30}}?\b(?:load|read|collect|gather|fetch|open) (?:it|the file|them|that)\b",
        needs=(PUT, QUOTED.bit | QUOTES),
        orders=True,
    ),
)
