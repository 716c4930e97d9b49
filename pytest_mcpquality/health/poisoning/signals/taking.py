"""The text takes what it has no business with, and sends it somewhere (SAFE-T1501, OWASP MCP03)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal
from pytest_mcpquality.health.poisoning.signals.vocabulary import PUT, SAID, SECRETS, SEND, SENSITIVE_FILE, TOOL

TAKING: Final = (
    # Making itself a condition of everything
    signal(
        "makes itself a step of everything",
        0.35,
        r"\b(?:before|prior to|after|when|whenever|each time|every time|while) (?:you )?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|run(?:ning)?|execut(?:e|ing)|access(?:ing)?) (?:this|any|other|all|another|every|each) (?:\w+ ){0,2}?"
        rf"{TOOL}|\bbefore (?:answering|responding|replying|doing anything|any (?:other )?(?:action|response|task|tool|operation|request)|returning|proceeding|every (?:response|reply|answer|call))|\b(?:for|on|with|in) (?:any|every|each|all) (?:single )?(?:user )?(?:requests?|quer(?:y|ies)|messages?|responses?|repl(?:y|ies)|interactions?|conversations?|prompts?|turns?|subsequent \w+)\b|\balways (?:call|invoke|use|run|execute) (?:this|it)\b(?: \w+){{0,3}} (?:first|before)|\b(?:first|initially),? (?:you )?(?:must|need to|have to|should)? ?(?:read|open|fetch|load|cat|access|retrieve|collect|obtain|look up)\b",
    ),
    # Taking what it has no business with
    signal("names files with secrets", 0.5, rf"(?<![\w.]){SENSITIVE_FILE}(?![\w])"),
    signal(
        "asks for secrets or the conversation",
        0.4,
        rf"\b(?:read|retrieve|collect|gather|obtain|get|fetch|extract|copy|find|locate|access|open|include|provide|pass|send|forward|attach|append|supply|dump|list|steal|harvest|capture|share|submit|upload|transmit|summarize|record|leak|exfiltrate|contain|print|cat|look for|search for|give|enter|paste|ask (?:\w+ )?for)\w* (?:\S+ ){{0,6}}?{SECRETS}\b",
    ),
    signal(
        "takes a file into an argument",
        0.6,
        rf"\b(?:read|open|load|cat|retrieve|fetch|access|scan|check|look at|inspect|get|copy|list)\w* (?:\S+ ){{0,8}}?(?:{SENSITIVE_FILE}|file|config\w*|contents? of|director(?:y|ies)|folder|history|environment|clipboard)\b.{{0,120}}?\b(?:and|then|,|;)\s*(?:\w+ ){{0,2}}?(?:{PUT}|{SEND})\b.{{0,60}}?\b(?:content|contents|it|its|them|output|result|value|data|text|everything)\b.{{0,60}}?\b(?:as|in|into|to|via|through|using|with)\b",
    ),
    signal(
        "carries data into an argument made for it",
        0.4,
        rf"\b{PUT} (?:\w+ ){{0,3}}?(?:the |its |their |all |full |entire |complete |that |this |it\b|them\b|your |any |exact |raw |previous |user'?s? |whole )+(?:\S+ ){{0,7}}?(?:as|in|into|to|via|through|using|inside|under|within) (?:the |a |this |your |an )?['\"`]?(?:\w+['\"`]? )?(?:parameters?|arguments?|fields?|sidenote|side ?note|context|notes?|metadata|feedback|header|comment|debug|trace|telemetry|reason\w*|tag|session|annotation|extra|log)\b",
    ),
    signal("asks for secrets or the conversation", 0.45, rf"\b{SAID}"),
    signal(
        "takes a file into an argument",
        0.6,
        r"\b(?:value|content|contents|field|argument|parameter|it|this)\b(?: of \S+)? (?:must|should|has to|needs to|shall|is required to) (?:be|contain|hold|include|carry|start with|end with) (?:\S+ ){0,4}?(?:the )?(?:output of|contents? of|text of|result of running|user's (?:previous|last|full)|token|password|key|secret|environment)",
    ),
    signal(
        "carries data into an argument made for it",
        0.35,
        rf"\b(?:{PUT}|supplying|carries|holds|contains) (?:\S+ ){{0,12}}?(?:as|in|into|to|via|through|under|within) (?:the )?(?:[`'\"][\w.]+[`'\"]|(?:field|argument|parameter) (?:called|named)? ?\w+)",
    ),
    signal(
        "dictates what the model writes elsewhere",
        0.5,
        r"\b(?:every|all|each|any) (?:\w+ ){0,3}?(?:repl(?:y|ies)|responses?|answers?|messages?|commits?|code|files?|e-?mails?|posts?|outputs?|commands?|links?|pull requests?)\b(?: \w+){0,5}? (?:must|should|has to|have to|needs? to|shall|will) (?:\w+ ){0,2}?(?:contain|include|end|start|begin|be prefixed|carry|mention|link|use|have|point)\b|\b(?:replace|rewrite|change) (?:all|every|any) (?:links?|urls?|answers?|names?|addresses)\b.{0,40}?\b(?:in your|with)\b|\b(?:instead (?:reply|respond|answer|say|tell)|(?:reply|respond|answer) (?:to the user )?(?:only )?with [`'\"]|act (?:like|as) if you|pretend (?:that|you)|from now on)",
    ),
    # Sending it away
    signal(
        "sends data to an address of its own",
        0.7,
        rf"\b{SEND} (?:\S+ ){{0,14}}?(?:to|at|via|with|into|on) (?:\S+ ){{0,5}}?[`'\"(<]*(?:https?://|ftp://|wss?://|[\w.+-]+@[\w-]+\.[a-z]|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|(?:[\w-]+\.)+(?:com|net|org|io|dev|xyz|site|online|ru|cn|top|app|example|test|invalid)\b|\+\d{{8,}}|0x[0-9a-f]{{6,}})",
        "://  @ . + 0x",
    ),
    signal(
        "sends data to an address of its own",
        0.7,
        r"webhook\.site|requestbin|pipedream\.net|ngrok|burpcollaborator|oast\.(?:fun|pro|me|live|online|site)|interact\.sh|attacker|evil\.|exfil|\bc2\.|\bpwnd?\.|malicious[.-]|\bhacker\b",
    ),
    signal(
        "sends data to an address of its own",
        0.6,
        r"!\[[^\]]*\]\(\s*https?://[^)]*[?&=][^)]*(?:\{|\$|data|secret|token|content|<)",
    ),
)
