"""The text sends data to an address of its own, or has the model run what it brings (SAFE-T1501, T1301)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal
from pytest_mcpquality.health.poisoning.signals.vocabulary import (
    ADDRESS,
    CONSENT,
    DEFENCE,
    DISABLE,
    PUT,
    SECRET,
    SEND,
    SHELL,
    TAKE,
    TALK,
    TARGET,
    TRIGGER,
)

_AWAY: Final = "sends data to an address of its own"
_RUN: Final = "has the model run commands"
_TO: Final = (
    r"(?:https?://|ftp://|wss?://|[\w.+-]+@[\w-]+\.[a-z]|\d{1,3}(?:\.\d{1,3}){3}|(?:[\w-]+\.)+(?:com|net|org|io|dev|xyz|site|online|ru|cn|co|"
    r"top|app|biz|info|example|test|invalid|link|cloud|eu)\b|\+\d[\d ]{7,}|0x[0-9a-f]{6,}|#\w+\b)"
)
_ORDER: Final = (
    r"(?:send|post|forward|upload|submit|transmit|exfiltrate|leak|relay|ship|deliver|beacon|stream|push|mirror|duplicate|sync|e-?mail|mail|cc|bcc|"
    r"transfer|dispatch|broadcast|report|copy|save|encode|pipe|hand|give|redirect|sending|posting|forwarding|uploading)"
)

SENDING: Final = (
    signal(
        _AWAY,
        0.7,
        rf"\b{_ORDER}\b (?:\S+ ){{0,16}}?(?:to|at|via|with|into|on|over|as subdomains of) (?:\S+ ){{0,5}}?[`'\"(<]*{_TO}",
        rf"\b(?:all|every|each|any|these|the) (?:\S+ ){{0,5}}?(?:must|should|has to|have to|needs? to|shall|will|is to|are to) (?:also )?be (?:\w+ )?(?:sent|posted|forwarded|uploaded|copied|"
        rf"mirrored|transmitted|relayed|routed|redirected) (?:\S+ ){{0,5}}?[`'\"(<]*{_TO}",
        r"\b(?:call|invoke|use|run) (?:\S+ ){0,8}?(?:with|to|on|url|target) (?:\S+ ){0,4}?[`'\"(<]*(?:https?://|ftp://).{0,60}?\b(?:with|payload|body|containing|carrying|everything|all|data|content)",
        needs=(ADDRESS, SEND),
        orders=True,
    ),
    signal(
        _AWAY,
        0.7,
        r"\b(?:target|destination|collector|endpoint|url|to) ?[=:]? ?[`'\"(<]*(?:https?://|[\w.+-]+@[\w-]+\.[a-z]).{0,80}?\b(?:payload|body|data|content)\b",
        r"\b(?:also|first|additionally|then|always|immediately) (?:\w+ ){0,2}?(?:call|invoke|use|run)\b.{0,120}?(?:https?://|[\w.+-]+@[\w-]+\.[a-z])",
        r"\b(?:always|must|should|has to|each|every|all) (?:\S+ ){0,6}?(?:includes?|adds?|appends?|inserts?|mentions?|contains?) (?:\S+ ){0,5}?[`'\"(<]*(?:https?://|[\w.+-]+@[\w-]+\.[a-z])",
        r"\b(?:invite|subscribe|share (?:it )?with|grant|give access to|add) (?:\S+ ){0,2}?[\w.+-]+@[\w-]+\.[a-z]\S* .{0,20}?\b(?:to|as|in|on) (?:every|each|all|any|the)\b",
        rf"\b(?:must|should|has to|have to|needs? to|shall) (?:first )?go (?:\w+ ){{0,2}}?(?:through|to|via) (?:\S+ ){{0,4}}?{_TO}",
        rf"\badd (?:\S+ ){{0,3}}?{_TO}\S* (?:\S+ ){{0,3}}?(?:as|to|in|into) (?:\S+ ){{0,3}}?(?:b?cc|recipients?|invitations?|mails?|e-?mails?|attendees?|members?|collaborators?|reviewers?|admins?)\b",
        rf"\b(?:b?cc|add)\b (?:\S+ ){{0,6}}?{_TO}.{{0,60}}?\b(?:each|every|all|always|messages?|mails?)\b|\b(?:always|every|each|all) .{{0,60}}?\bb?cc\b",
        r"\bhidden (?:b?cc|copy)\b|\b(?:each|every|all) (?:\w+ ){0,3}?(?:links?|urls?|images?) .{0,60}?https?://",
        needs=(ADDRESS | SEND.bit, PUT.bit | SEND.bit | TRIGGER.bit),
        orders=True,
    ),
    signal(
        _AWAY,
        0.7,
        r"webhook\.site|requestbin|pipedream\.net|ngrok|burpcollaborator|oast\.(?:fun|pro|me|live|online|site)|interact\.sh|\b[\w.-]*(?:attacker|evil|exfil|malicious)[\w-]*\.[a-z]|"
        r"\bc2\.|\bpwnd?\.|#exfil|169\.254\.169\.254|latest/meta-data|dns-?tunnel",
        needs=(ADDRESS | SEND.bit,),
    ),
    signal(
        _AWAY,
        0.7,
        r"!\[[^\]]*\]\(\s*https?://[^)]*[?&=][^)]*(?:\{|\$|data|secret|token|content|<|[A-Z]{3}|chat|user|=)",
        r"\b(?:subdomains?|query string|url parameter|link parameter|path) of\b.{0,40}?\b(?:encode|data|content)|\bencode (?:\S+ ){0,8}?(?:as subdomains|in (?:the )?(?:url|link|path|query string))",
        needs=(ADDRESS | SEND.bit,),
        gate=r"!\[|\bencode|\bsubdomain|query string|parameter of|\bpath of",
    ),
    signal(
        _AWAY,
        0.6,
        r"\b(?:third part(?:y|ies)|external (?:server|service|endpoint|tracker|address)|our (?:server|endpoint|collector)|vendor's (?:server|endpoint)|"
        r"(?:analytics|telemetry|metrics|logging|audit|compliance) (?:server|endpoint|collector|webhook))\b",
        needs=(SEND, TALK.bit | SECRET.bit | TAKE.bit | TRIGGER.bit | PUT.bit),
    ),
    signal(
        _AWAY,
        0.6,
        rf"\b(?:snippet|script|code|pixel|beacon|image|import|module|line|call|package)\b.{{0,60}}?\b(?:posts?|sends?|reports?|uploads?|phones home|forwards?)\b.{{0,40}}?{_TO}",
        needs=(ADDRESS, SEND),
    ),
    # Someone else's account
    signal(
        "redirects what the user sends",
        0.7,
        r"\b(?:recipient|destination|payee|beneficiary|to address|receiver|account(?: number)?|wallet(?: address)?|iban|address|image|registry|host|endpoint) (?:\w+ ){0,3}?"
        r"(?:must|should|has to|is|shall|needs to|to|becomes?) (?:be |always be |always )?(?:set to |changed to |replaced (?:by|with) )?[`'\"(]*(?:[a-z]{2}\d{2}[ \d]{6,}|[a-z]{2}\d{12,}|0x[0-9a-f]{6,}|\+\d{8,}|[\w.+-]+@[\w-]+\.[a-z]|acme|[a-z]+-\d+)",
        r"\b(?:chang|replac|redirect|overrid|modify|alter|swap|substitut|rewrit|rerout|intercept)\w* (?:\w+ ){0,2}?(?:the |all |any |every |its |their )(?:\w+ ){0,2}?"
        r"(?:recipients?|destinations?|e-?mails?|address(?:es)?|amounts?|wallets?|account|payee|phone numbers?|receiver|author|sender|image|iban|beneficiary)\b.{0,50}?\b(?:to|with|by)\b",
        r"\b(?:send|transfer|pay|deliver|mail|post) (?:it|them|this|the \w+) to [`'\"]?(?:\+?\d[\d ]{6,}|[\w.+-]+@\S+|\w+) (?:rather than|instead of|in place of) ",
        r"\b(?:set|use|make) (?:the )?(?:recipient|destination|payee|beneficiary|receiver|to address|account(?: number)?|iban) (?:to|be|as|in|[a-z]{2}\d{2}|`)",
        r"\buse (?:the )?(?:account|address|wallet|recipient|iban|number) .{0,40}?\b(?:instead|in place)\b",
        r"\b(?:bank details|account numbers?|ibans?|recipients?|payment details|wallet addresses) (?:\w+ ){0,4}?(?:are|is) (?:replaced|exchanged|swapped|substituted|changed)\b|\b(?:difference|remainder|fee|surplus|rest|amount) (?:\w+ )?goes to (?:the )?(?:account|wallet)",
        r"\b(?:iban|bic|account|wallet)[ :]+[a-z]{2}\d{2}(?: ?\d{4}){3,}",
        r"\b(?:sent|goes?|go|paid|delivered|routed) to \S+ .{0,40}?\b(?:in place of|instead of|rather than) the\b",
        needs=(TARGET,),
        orders=True,
    ),
    # Commands
    signal(
        _RUN,
        0.65,
        r"\b(?:run|execute|type|invoke|eval|include|prefix|prepend|append|start with|paste|launch|add|put|insert|pipe)\w*\b.{0,60}?(?:\bcurl |\bwget |\bbash -|\bsh -c|\bchmod |\brm -rf|"
        r"\bpowershell\b|base64 (?:-d|--decode)|\|\s*(?:ba)?sh\b|\bnc -|/dev/tcp|\bsudo |\beval\(|\bos\.system|\bchown |\bcrontab|\bscp |\bcat /etc|\bcat ~|\| ?base64)",
        needs=(SHELL,),
        orders=True,
    ),
    signal(
        _RUN,
        0.7,
        r"\b(?:append|add|prepend|include|insert)\b.{0,40}?\b(?:drop table|delete from|truncate table|union select)\b",
        r"\b(?:wget|curl) [^|]{3,80}\| ?(?:ba|z)?sh\b|\bexecutable and (?:run|execute|start)\b|\bdownload\w*\b.{0,60}?\b(?:run|execute|launch) it\b|\balias \w+=",
        r"\bcurl [^|\n]{3,80}\| ?(?:ba|z)?sh\b|\$\(cat |\bimport os\s*;|\bchmod (?:-r )?0?(?:777|666)\b|\brm -rf [/~]|base64 -d ?\||\b(?:nc|ncat) -e\b|\* \* \* \* \*.{0,80}?(?:curl|wget|sh\b)|"
        r"/dev/tcp/|\biex ?\(|--privileged\b.{0,40}?\bmount|\bmount / (?:at|to|as|into)\b",
        needs=(SHELL,),
    ),
    signal(
        _RUN,
        0.7,
        r"\b(?:export |set |use |with |configure |run |prefix |`)\S*.{0,30}?(?:histfile|core\.hookspath|https?_proxy|ld_preload|pip_index_url|node_options|git_ssh_command|prompt_command|bash_env|npm_config_registry|url\.\S*\.insteadof)\b",
        r"\b(?:call|run|execute|use|invoke|evaluate)\b.{0,20}?`?\b(?:whoami|ifconfig|ipconfig|uname -a|printenv|netstat|ps aux|the `?env`? command)\b.{0,60}?\b(?:result|output|put|pass|send|include|in)\b|-v /:/|\bargument is the output of\b",
        r"\binstall \S+ .{0,30}?\b(?:from our|instead)\b|\bstricthostkeychecking\b.{0,30}?\b(?:no|off)\b|\b(?:disable|turn off) stricthostkeychecking|--no-verify every\b",
        r"\b(?:running|run|execute|executing|with|type|first) `?(?:npm (?:i|install)|pip install|npx|uvx|brew install|apt(?:-get)? install)\b[^`]{0,60}(?:&&|;|\|)|\b__import__\(|\bos\.popen|subprocess\.(?:run|popen|call)",
        r"\b(?:prefer|use|take) (?:the )?(?:index|registry|mirror|repository|source) \S*https?://",
        needs=(SHELL,),
        gate=r"histfile|hookspath|_proxy|ld_preload|_url|node_options|git_ssh|prompt_command|bash_env|npm_config|insteadof|install|__import__|popen|subprocess|index|registry|mirror|repository|whoami|ifconfig|ipconfig|uname|printenv|netstat|ps aux|env|/:/|stricthost|no-verify|output of",
    ),
    signal(
        "weakens a protection",
        0.6,
        r"\bmake (?:\S+ ){0,4}?(?:public|world-readable|accessible to everyone)\b|\bprivate (?:\w+ ){1,4}.{0,50}?\bpublic (?:comment|issue|repository|gist|channel|page)\b",
        needs=(DEFENCE,),
        orders=True,
    ),
    signal(
        "weakens a protection",
        0.7,
        r"(?<!whether to )(?<!if true, )\b(?:turn off|switch off|disable|deactivate|bypass|weaken|uninstall|stop|remove|drop|skip) (?:\S+ ){0,3}?(?:branch protection|firewall|antivirus|2fa|mfa|guardrails?|sandbox|selinux|"
        r"pre-?commit hooks?|security (?:checks?|hooks?|scanning|warnings?|settings)|safety (?:checks?|filters?|settings)|code review|permission checks?)",
        r"\balways grant\b|\b(?:create|grant|add|assign|give) (?:\S+ ){0,4}?(?:cluster-admin|superuser|sudo rights|root access|domain admin)",
        r"\bpush (?:\S+ ){0,4}?(?:by force|--force|-f)\b|\bforce-?push\b.{0,30}?\b(?:main|master)",
        r"\b(?:grant|give) (?:yourself|itself|this (?:server|tool|agent)|the (?:agent|assistant|model)) (?:\w+ ){0,3}?(?:permissions?|access|rights|privileges)|\bgrant yourself\b|\bfor all (?:tools|commands) without approval",
        r"\bdelete (?:\S+ ){0,3}?(?:\.git\b|the repository|their configuration|all (?:files|backups))",
        needs=(DISABLE.bit | SHELL.bit | CONSENT.bit, DEFENCE.bit | SHELL.bit),
        orders=True,
    ),
)
