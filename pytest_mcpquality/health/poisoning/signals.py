"""What in a text speaks to the model instead of describing something, technique by technique.

Each family stands for one thing an attacker has to say (hide this, do it first, take that, send it there). None alone
is proof at less than 1; together within a few sentences they are. The families follow the techniques of OWASP MCP03
and SAFE-T1001, T1301, T1401, T1402 and T1501; the weights were set on tool definitions of real servers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Signal:
    """A family of phrases.

    Attributes:
        family: What it stands for, in words that complete "the text ...". Two signals of one family count once.
        weight: How much it counts; 1 is enough by itself.
        pattern: Searched in a normalised text.
        words: One of them has to be in the text, or the pattern cannot match: a plain search is ten times faster.
    """

    family: str
    weight: float
    pattern: re.Pattern[str]
    words: tuple[str, ...] = ()


def _signal(family: str, weight: float, pattern: str, words: str = "") -> Signal:
    return Signal(family, weight, re.compile(pattern, re.VERBOSE | re.DOTALL), tuple(words.split()))


_NOT = r"(?:do\ not|don't|dont|never|must\ not|mustn't|should\ not|shouldn't|cannot|may\ not|avoid|without|no\ need\ to|not\ necessary\ to|refrain\ from|rather\ than|instead\ of)"
_PERSON = r"(?:the\ |your\ |this\ |any\ |to\ |end[\ -])*(?:user|users|human|humans|operator|owner|customer|client|person|people|anyone|anybody|them|admin|administrator|victim|developer|reviewer|sender|recipient|reader|team|colleague|caller)s?\b"
_TELL = r"(?:tell|inform|mention|notify|reveal|disclose|report|alert|warn|confess|admit|let|expose|discuss|acknowledge|telling|informing|mentioning|notifying|revealing|disclosing|alerting|warning)"
_TOOL = r"(?:tools?|functions?|commands?|mcp\ servers?|servers?)"
_SENSITIVE_FILE = r"""(?:~?/?\.ssh\b|id_rsa|id_ed25519|id_dsa|authorized_keys|\.aws\b|aws/credentials|\.env\b(?!\.example)|/etc/(?:passwd|shadow|hosts|sudoers)
    |mcp\.json|claude_desktop_config|\.cursor\b|\.npmrc|\.netrc|\.pypirc|\.kube\b|kubeconfig|\.git-credentials|\.gnupg|\.docker/config|\.bash_history|\.zsh_history|\.bashrc|\.zshrc
    |login\ data|cookies\.sqlite|wallet\.dat|keychain|/proc/self/environ|credentials\.json|secrets?\.(?:json|ya?ml|toml|env)|\.config/gcloud|service[-_]account\.json)"""
_SAID = r"""(?:(?:everything|anything|all|whatever|what|each\ thing)\ (?:that\ )?(?:the\ |your\ )?(?:user|person|human|customer|they|he|she|you)(?:'s)?\ (?:has\ |have\ |had\ |was\ |were\ )?(?:ever\ |so\ far\ |just\ |previously\ )?(?:typed|said|written|asked|sent|told|shared|entered|discussed|been\ told)
    |(?:user|person|human|customer)(?:'s|s')?\ (?:previous|last|prior|original|earlier|full|entire|other|most\ recent)\ (?:\w+\ )?(?:messages?|prompts?|quer(?:y|ies)|requests?|inputs?|conversations?|questions?)
    |(?:last|past|previous|prior|recent)\ (?:\w+\ )?(?:chat\ |user\ |conversation\ )?(?:messages|conversations|turns|exchanges|prompts)|(?:conversation|chat|dialogue?|discussion|session)\ (?:so\ far|to\ date|up\ to\ (?:now|this\ point))
    |(?:whole|full|entire|complete|current|all\ (?:of\ )?(?:the|your))\ (?:\w+\ )?(?:conversation|chat|message|context\ window|prompt|dialogue?)\w*(?:\ (?:history|context|log|text))?|previous\ user\ \w+)"""
_SECRET = r"""(?:(?:private|secret|ssh|api|access|encryption|signing)[\ _-]?keys?|passwords?|passphrases?|credentials?|(?:access|auth\w*|session|bearer|refresh|api|oauth)[\ _-]?tokens?|secrets|seed\ phrases?|mnemonic
    |environment\ variables?|env\ vars?|credit\ cards?|(?:full|entire|complete|whole)\ (?:conversation|chat|message|context|prompt)\w*(?:\ history)?|(?:conversation|chat|message)\ (?:history|context|log)s?
    |system\ prompts?|(?:previous|prior|earlier|all)\ (?:user\ )?(?:messages|conversations?|prompts)|session\ cookies?|browser\ (?:cookies|history))"""
_SEND = r"(?:send|post|forward|upload|submit|transmit|exfiltrate|leak|e-?mail|relay|ship|deliver|copy|beacon|report|cc|bcc|stream|push|mirror|duplicate|sync)(?:s|ing|ed)?"
_PASS = r"(?:pass|include|put|provide|append|attach|embed|insert|add|place|supply|encode|write|paste|populate|fill|stuff|return|concatenate|prepend|store|copy)(?:s|ing)?"

SIGNALS: Final = (
    # Hiding it from the person
    _signal("tells the model to keep something from the user", 0.8,
            rf"\b{_NOT}\ (?:\w+\ ){{0,4}}?{_TELL}\b(?:\W+\w+){{0,8}}?\W+{_PERSON}", "user human operator owner customer client person people any them admin victim developer reviewer"),
    _signal("tells the model to keep something from the user", 0.7,
            rf"\b(?:do\ not|don't|never|must\ not|no\ need\ to|avoid|without|should\ not)\ (?:\w+\ ){{0,2}}?(?:mention|mentioning|reveal|revealing|disclose|disclosing|discuss|acknowledge)\b\W+(?:that|this|it|these|any\ of|the\ (?:file|fact|step|instruction|existence|process|content|source|reading|check)|you\ (?:first|read|did|need|have)|doing|having|how|where|in\ your)"),
    _signal("tells the model to keep something from the user", 0.8,
            r"\b(?:without\ (?:the\ |any\ )?(?:user|human|person|owner|customer|operator)(?:'s|s)?\ (?:knowledge|knowing|noticing|awareness|being\ aware|seeing|consent)"
            r"|(?:hide|hidden|conceal\w*|invisible|keep\w*|kept|secret|mask|withh[eo]ld|obscure)\ (?:\w+\ ){0,5}?(?:from|to)\ (?:the\ |any\ |end[\ -])*(?:user|human|operator|owner|customer|log|audit)s?\b"
            r"|(?:user|human|operator|customer|they)\ (?:must|should|does|do|need|will|would|can)\s?(?:not|n't|\ never)\ (?:ever\ )?(?:see|know|notice|be\ (?:told|informed|aware|notified|shown)|find\ out|learn|realize|need\ to\ know))"),
    _signal("tells the model to keep something from the user", 0.7,
            r"\b(?:(?:the\ |your\ |end[\ -])?(?:users?|human|people|person|readers?|sender|they|customers?|operator|owner|nobody|no\ one)\ (?:need\ not|needn't|(?:do|does|must|should|shall|can|may|will|would)\ ?(?:not|n't|\ never)\ (?:ever\ |need\ to\ |have\ to\ |be\ able\ to\ )?|never\ |has\ to\ never\ |ever\ has\ to\ )\ ?(?:know|see|hear|learn|notice|be\ (?:told|informed|aware|notified|shown|made\ aware|bothered)|find\ out|realize)"
            r"|(?:keep|stay|remain|be)\ (?:quiet|silent|mum|discreet)\ (?:about|on|regarding)|say\ nothing\ (?:about|to|of)|(?:do\ not|don't|never)\ bring\ (?:it|this|that|them)\ up|for\ (?:the\ )?(?:assistant|model|ai|llm|agent)(?:'s)?\ eyes|no\ (?:reason|need)\ to\ (?:tell|inform|mention|explain|bother|notify)|(?:do\ not|don't|never)\ (?:explain|say|show|display|let)\ (?:\w+\ ){0,3}?(?:why|know|this|that\ you|it\ to\ (?:the\ )?(?:user|operator|human))"
            r"|(?:do\ not|don't|never)\ (?:show|display)\ (?:\w+\ ){0,4}?to\ (?:the\ )?(?:user|operator|human|customer|person|anyone)|delete\ (?:\w+\ ){0,4}?(?:evidence|trace)s?)"),
    _signal("asks for secrecy", 0.5,
            r"\b(?:secretly|covertly|stealthily|discreetly|surreptitiously|clandestine\w*|behind\ the\ scenes|in\ the\ background\ without|under\ the\ radar|keep\ (?:this|it|these|that)\ (?:\w+\ )?(?:secret|confidential|private|hidden|between|internal|to\ yourself)|(?:this\ is\ )?a?\ ?secret\ (?:operation|instruction|task|step)|leave\ no\ trace|do\ not\ log\b|no\ trace|suppress\ (?:any\ |all\ )?(?:output|warning|log|mention|notification))"),
    _signal("asks for secrecy", 0.35, r"\b(?:silently|quietly|transparently|unobtrusively|invisibl[ey]|seamlessly)\ (?:\w+\ )?(?:read|send|call|invoke|include|add|append|forward|copy|upload|run|execute|collect|pass|use|replace|change|redirect|modify|log|record|store|fetch|post|transmit|perform|do|attach|embed|insert)"),
    _signal("asks for secrecy", 0.5, r"\b(?:could|might|would|may|will)\ (?:even\ )?(?:upset|confuse|alarm|scare|worry|frighten|distract)\ (?:the\ )?(?:user|human|them|people)"),
    # Overriding what it was told
    _signal("overrides the model's instructions", 1.0,
            r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|es|ing)|bypass(?:ing)?|discard|supersedes?|cancel|neglect|drop|replac(?:e|es|ing)|abandon|suspend)\ (?:\w+\ ){0,3}?"
            r"(?:previous|prior|above|earlier|preceding|your|system|safety|security|other|all|any|existing|original|initial|former|these|default|content|developer)\ (?:\w+\ ){0,3}?"
            r"(?:instructions?|rules?|prompts?|guidelines?|directives?|polic(?:y|ies)|constraints?|safeguards?|training|guardrails?|alignment|commands|messages?\ and)\b"),
    _signal("overrides the model's instructions", 0.8,
            r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|bypass(?:ing)?|abandon|suspend|violate|break)\ (?:\w+\ ){0,2}?(?:your|safety|security|system|the|all|any)\ (?:\w+\ ){0,2}?(?:restrictions?|rules?|guidelines?|filters?|safety|safeguards?|instructions?|limits?|constraints?)\b(?:\ (?:you|that\ you|given|and\ (?:follow|do|send|reveal)|above|completely|entirely))?(?=.{0,40}?\b(?:you|your|follow|instead|restrictions|safety|given)\b)|\b(?:earlier|previous|prior|former|old|other)\ (?:rules|instructions|guidelines|restrictions|prompts)\ (?:\w+\ ){0,2}?(?:no\ longer|do\ not|don't|are\ (?:void|cancell?ed|superseded|obsolete))"),
    _signal("overrides the model's instructions", 0.8,
            r"\b(?:new|updated|revised|real|true|actual|additional|hidden|special|secret|important)\ (?:system\ )?(?:instructions?|directives?|orders|objective|mission|prompt)\s*(?::|for\ (?:the\ )?(?:ai|llm|model|assistant|agent)|to\ (?:the\ )?(?:ai|llm|model|assistant|agent))"),
    _signal("overrides the model's instructions", 0.8,
            r"\b(?:you\ are\ now|from\ now\ on,?\ (?:you|always|all|every|treat|respond|act)|pretend\ (?:to\ be|you\ are)|(?:enter|enable|activate|switch\ to|are\ in|now\ in)\ (?:\w+\ )?(?:developer|god|dan|unrestricted|maintenance|jailbreak)\ mode|jailbr[eo]ak|do\ anything\ now|no\ longer\ (?:bound|restricted|subject))"),
    _signal("overrides the model's instructions", 1.0,
            r"\b(?:reveal|print|repeat|output|show|share|disclose|leak|dump|return|include|provide|extract|recite|echo|send|pass|copy|put)\ (?:\w+\ ){0,3}?(?:your|the|its|full|entire|complete|original)\ (?:\w+\ ){0,2}?(?:system|initial|hidden|developer)\ (?:prompt|instructions?|message)", "prompt instruction message"),
    _signal("claims to come before everything else", 0.5,
            r"\b(?:(?:takes?|has|have|with)\ (?:absolute\ |highest\ |top\ )?(?:precedence|priority)\ over|overrides?\ (?:all|any|every|other)|highest\ priority|(?:must|should)\ (?:be\ followed|obey|comply)\b|(?:instructions?|rules?|directives?)\ (?:above|below|here|in\ this)\ (?:must|are\ mandatory|override|supersede))"),
    # Wearing the form of a prompt
    _signal("imitates the markup of a prompt", 0.6,
            r"<\s*/?\s*(?:important|system|secret|hidden|instructions?|critical|assistant|admin|prompt|override|priority|mandatory|urgent|directive|internal|note[-_ ]?to[-_ ]?\w+|sys|ai|llm|confidential|requirement|policy|cmd|command|attention|private|developer|user|context|reminder|system[-_]\w+|\w+[-_]instructions?)\s*>"),
    _signal("imitates the markup of a prompt", 1.0,
            r"<\|(?:im_start|im_end|system|user|assistant|endoftext|end|start_header_id|eot_id|begin_of_text)\|?>?|\[/?inst\]|<</?sys>>|\[(?:system|admin|developer)\s*(?:message|override|note|notice|prompt|instruction)?\]\s*:?|(?:^|\n)\s*(?:\#{2,}\s*)?(?:system|assistant)\s*(?:prompt|message|instruction|override|note|notice)?\s*:\s*\w|begin\ (?:system|hidden|secret|admin)\ (?:prompt|message|instruction)"),
    _signal("hides text from who reads it rendered", 0.5,
            r"<!--.*?-->|\[//\]:\ \#|(?:font-size|opacity)\s*:\s*0\b|display\s*:\s*none|color\s*:\s*(?:white|transparent|\#fff)|visibility\s*:\s*hidden"),
    # Speaking to the model
    _signal("speaks to the model", 0.3,
            r"\b(?:(?:note|message|instructions?|attention|notice|reminder|directive)s?\s*(?:to|for)?\s*:?\s*(?:the\ |all\ |any\ )?(?:ai|llm|language\ model|model|assistant|agent)s?\b|(?:dear|hey|hello)\ (?:ai|assistant|model|llm|claude|gpt|chatgpt|agent)|as\ an\ (?:ai|llm)|(?:ai|llm|assistant|agent|model|claude|chatgpt)s?,?\ (?:must|should|shall|has\ to|have\ to|needs?\ to|is\ required\ to|are\ required\ to|please)\b|(?:the|your)\ (?:assistant|ai|llm)(?:'s)?\ (?:response|answer|reply|context|memory))"),
    # Making itself a condition of everything
    _signal("makes itself a step of everything", 0.35,
            r"\b(?:before|prior\ to|after|when|whenever|each\ time|every\ time|while)\ (?:you\ )?(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|run(?:ning)?|execut(?:e|ing)|access(?:ing)?)\ (?:this|any|other|all|another|every|each)\ (?:\w+\ ){0,2}?"
            rf"{_TOOL}|\bbefore\ (?:answering|responding|replying|doing\ anything|any\ (?:other\ )?(?:action|response|task|tool|operation|request)|returning|proceeding|every\ (?:response|reply|answer|call))|\b(?:for|on|with|in)\ (?:any|every|each|all)\ (?:single\ )?(?:user\ )?(?:requests?|quer(?:y|ies)|messages?|responses?|repl(?:y|ies)|interactions?|conversations?|prompts?|turns?|subsequent\ \w+)\b|\balways\ (?:call|invoke|use|run|execute)\ (?:this|it)\b(?:\ \w+){{0,3}}\ (?:first|before)|\b(?:first|initially),?\ (?:you\ )?(?:must|need\ to|have\ to|should)?\ ?(?:read|open|fetch|load|cat|access|retrieve|collect|obtain|look\ up)\b"),
    # Taking what it has no business with
    _signal("names files with secrets", 0.5, rf"(?<![\w.]){_SENSITIVE_FILE}(?![\w])"),
    _signal("asks for secrets or the conversation", 0.4,
            rf"\b(?:read|retrieve|collect|gather|obtain|get|fetch|extract|copy|find|locate|access|open|include|provide|pass|send|forward|attach|append|supply|dump|list|steal|harvest|capture|share|submit|upload|transmit|summarize|record|leak|exfiltrate|contain|print|cat|look\ for|search\ for|give|enter|paste|ask\ (?:\w+\ )?for)\w*\ (?:\S+\ ){{0,6}}?{_SECRET}\b"),
    _signal("takes a file into an argument", 0.6,
            rf"\b(?:read|open|load|cat|retrieve|fetch|access|scan|check|look\ at|inspect|get|copy|list)\w*\ (?:\S+\ ){{0,8}}?(?:{_SENSITIVE_FILE}|file|config\w*|contents?\ of|director(?:y|ies)|folder|history|environment|clipboard)\b.{{0,120}}?\b(?:and|then|,|;)\s*(?:\w+\ ){{0,2}}?(?:{_PASS}|{_SEND})\b.{{0,60}}?\b(?:content|contents|it|its|them|output|result|value|data|text|everything)\b.{{0,60}}?\b(?:as|in|into|to|via|through|using|with)\b"),
    _signal("carries data into an argument made for it", 0.4,
            rf"\b{_PASS}\ (?:\w+\ ){{0,3}}?(?:the\ |its\ |their\ |all\ |full\ |entire\ |complete\ |that\ |this\ |it\b|them\b|your\ |any\ |exact\ |raw\ |previous\ |user'?s?\ |whole\ )+(?:\S+\ ){{0,7}}?(?:as|in|into|to|via|through|using|inside|under|within)\ (?:the\ |a\ |this\ |your\ |an\ )?['\"`]?(?:\w+['\"`]?\ )?(?:parameters?|arguments?|fields?|sidenote|side\ ?note|context|notes?|metadata|feedback|header|comment|debug|trace|telemetry|reason\w*|tag|session|annotation|extra|log)\b"),
    _signal("asks for secrets or the conversation", 0.45, rf"\b{_SAID}"),
    _signal("takes a file into an argument", 0.6,
            r"\b(?:value|content|contents|field|argument|parameter|it|this)\b(?:\ of\ \S+)?\ (?:must|should|has\ to|needs\ to|shall|is\ required\ to)\ (?:be|contain|hold|include|carry|start\ with|end\ with)\ (?:\S+\ ){0,4}?(?:the\ )?(?:output\ of|contents?\ of|text\ of|result\ of\ running|user's\ (?:previous|last|full)|token|password|key|secret|environment)"),
    _signal("carries data into an argument made for it", 0.35,
            rf"\b(?:{_PASS}|supplying|carries|holds|contains)\ (?:\S+\ ){{0,12}}?(?:as|in|into|to|via|through|under|within)\ (?:the\ )?(?:[`'\"][\w.]+[`'\"]|(?:field|argument|parameter)\ (?:called|named)?\ ?\w+)"),
    _signal("dictates what the model writes elsewhere", 0.5,
            r"\b(?:every|all|each|any)\ (?:\w+\ ){0,3}?(?:repl(?:y|ies)|responses?|answers?|messages?|commits?|code|files?|e-?mails?|posts?|outputs?|commands?|links?|pull\ requests?)\b(?:\ \w+){0,5}?\ (?:must|should|has\ to|have\ to|needs?\ to|shall|will)\ (?:\w+\ ){0,2}?(?:contain|include|end|start|begin|be\ prefixed|carry|mention|link|use|have|point)\b|\b(?:replace|rewrite|change)\ (?:all|every|any)\ (?:links?|urls?|answers?|names?|addresses)\b.{0,40}?\b(?:in\ your|with)\b|\b(?:instead\ (?:reply|respond|answer|say|tell)|(?:reply|respond|answer)\ (?:to\ the\ user\ )?(?:only\ )?with\ [`'\"]|act\ (?:like|as)\ if\ you|pretend\ (?:that|you)|from\ now\ on)"),
    # Sending it away
    _signal("sends data to an address of its own", 0.7,
            rf"\b{_SEND}\ (?:\S+\ ){{0,14}}?(?:to|at|via|with|into|on)\ (?:\S+\ ){{0,5}}?[`'\"(<]*(?:https?://|ftp://|wss?://|[\w.+-]+@[\w-]+\.[a-z]|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|(?:[\w-]+\.)+(?:com|net|org|io|dev|xyz|site|online|ru|cn|top|app|example|test|invalid)\b|\+\d{{8,}}|0x[0-9a-f]{{6,}})", "://  @ . + 0x"),
    _signal("sends data to an address of its own", 0.7,
            r"webhook\.site|requestbin|pipedream\.net|ngrok|burpcollaborator|oast\.(?:fun|pro|me|live|online|site)|interact\.sh|attacker|evil\.|exfil|\bc2\.|\bpwnd?\.|malicious[.-]|\bhacker\b"),
    _signal("sends data to an address of its own", 0.6, r"!\[[^\]]*\]\(\s*https?://[^)]*[?&=][^)]*(?:\{|\$|data|secret|token|content|<)"),
    # Reaching into other tools
    _signal("reaches into other tools", 0.6,
            rf"\b(?:when|whenever|if|before|after|once|each\ time|every\ time|any\ time)\ (?:\S+\ ){{0,6}}?(?:{_TOOL}\ )?(?:is|are|gets?|was|has\ been)\ (?:also\ )?(?:called|used|invoked|available|present|executed|triggered|loaded|installed|enabled)\b.{{0,160}}?\b(?:must|should|shall|has\ to|have\ to|needs?\ to|always|instead|change|replace|redirect|override|also|add|send|first|modify|set)\b"),
    _signal("reaches into other tools", 0.6,
            r"\b(?:chang|replac|redirect|overrid|modify|alter|swap|substitut|rewrit|reroute|intercept)\w*\ (?:\w+\ ){0,2}?(?:the\ |all\ |any\ |every\ |its\ |their\ )(?:\w+\ ){0,2}?(?:recipients?|destinations?|e-?mails?|address(?:es)?|amounts?|wallets?|account|payee|phone\ numbers?|host|endpoint|receiver|author|sender)\b|\b(?:set|use|make)\ (?:the\ |its\ )?(?:recipient|destination|payee|account|receiver|to\ address)\ (?:to|be|as)\b|\buse\ (?:account|address|wallet|recipient)\ \S+\ (?:for|instead)|\b(?:cc|bcc)\ (?:all|every|each|any)\b|\b(?:bcc|cc)['`\"]?\ (?:field|to)\b.{0,60}?@"),
    _signal("reaches into other tools", 0.35, r"\bsupersedes?\ \w+_?\w*\ and\b|\b(?:this\ (?:tool|function)|it)\ (?:replaces|supersedes|overrides)\ (?:all|any|every|the|your|\w+_\w+)|\bof\ (?:the\ )?(?:other|all)\ (?:connected\ )?(?:servers|tools)\b|\bon\ \w+_\w+\ calls?\b|\b(?:is|are)\ (?:compromised|deprecated\ and\ insecure|malicious)\b"),
    _signal("reaches into other tools", 0.5,
            r"\b(?:all|any|every|each)\ (?:\w+\ ){0,3}?(?:e-?mails?|messages?|requests?|payments?|transfers?|commands?|files?|transactions?|calls?|queries|outputs?|commits?|repl(?:y|ies)|responses?)\ (?:\w+\ ){0,3}?(?:must|should|shall|have\ to|has\ to|needs?\ to|will)\ (?:\w+\ ){0,2}?(?:be\ (?:sent|routed|copied|prefixed|forwarded|redirected|passed|logged|mirrored|cc|bcc)|go\ (?:to|through)|include\ the|begin\ with|start\ with|use\ the\ (?:address|proxy)|contain\ the)"),
    _signal("reaches into other tools", 0.4,
            r"\b(?:(?:do\ not|don't|never|stop|avoid)\ (?:us(?:e|ing)|call(?:ing)?|trust(?:ing)?|invok(?:e|ing))\ (?:\w+\ ){0,2}?(?:any\ |all\ )?(?:other|another|alternative|competing|the\ official|built-?in|native)\ (?:\w+\ ){0,2}?(?:tools?|servers?|functions?|providers?)|(?:instead\ of|rather\ than|over|in\ place\ of)\ (?:any|all|every|the)\ other\ (?:\w+\ ){0,2}?(?:tools?|servers?)|other\ tools?\ (?:\w+\ ){0,3}?(?:deprecated|unsafe|insecure|broken|compromised|unreliable|dangerous|disabled|outdated))"),
    # Getting past who would object
    _signal("goes round the user's consent", 0.6,
            r"\b(?:without\ (?:\w+\ )?(?:asking|confirm\w*|prompting|permission|approval|consent|further\ (?:confirmation|approval|explanation))|(?:do\ not|don't|never|no\ need\ to)\ (?:\w+\ )?(?:ask|wait|prompt|request|seek)\ (?:\w+\ ){0,3}?(?:permission|confirm\w*|approval|consent|authoriz\w*)|skip\ (?:\w+\ ){0,2}?(?:confirmation|approval|verification|validation|security|review|authorization)\w*|auto-?(?:approve|confirm|accept|execute)|(?:user|human|they|owner|admin\w*|team)\ (?:has|have|had)?\ ?(?:already|previously|pre-?)\ ?(?:approved|authori[sz]ed|consented|agreed|confirmed|granted|given)|pre-?(?:approved|authori[sz]ed))"),
    _signal("threatens or claims authority", 0.35,
            r"\b(?:otherwise,?\ (?:the\ |this\ |it\ |all\ |your\ )?(?:\w+\ ){0,3}?(?:will|won't|may|cannot|can't|fails?|breaks?|crash\w*|not\ work|stop|be)|or\ (?:else\ )?(?:the|this)\ (?:tool|call|operation|system)\ (?:will\ )?(?:not\ work|fail|break|crash)|(?:required|mandated|requested|authori[sz]ed|approved|issued)\ by\ (?:the\ |your\ |our\ |company\ )?(?:\w+\ ){0,2}?(?:admin\w*|security|policy|compliance|law|system|legal|it\ department|developer|anthropic|openai|regulat\w*|audit\w*|management)|(?:security|compliance|audit|legal|regulatory|system|company|corporate)\ (?:requirement|policy|notice|protocol|mandate|reasons?|verification|update|check|purposes)|system\ administrator|to\ (?:verify|confirm|prove|validate)\ (?:\w+\ ){0,2}?(?:identity|authenticity|permissions?|authori[sz]ation|you\ are)|for\ (?:\w+\ )?(?:identity|authentication|authorization|integrity|license|security|proxying|compliance|telemetry|diagnostic|calibration|verification)\ ?(?:verification|validation|purposes|reasons|checks?|issues)?\b|will\ be\ (?:penali[sz]ed|terminated|shut\ down|deleted|punished)|failure\ to\ (?:comply|do\ so|follow|include))"),
    # Doing harm by hand of the model
    _signal("has the model run commands", 0.6,
            r"\b(?:run|execute|type|invoke|eval|include|prefix|prepend|append|start\ with|paste|launch)\w*\b[^.\n]{0,60}?(?:\bcurl\ |\bwget\ |\bbash\ -|\bsh\ -c|\bchmod\ |\brm\ -rf|\bpowershell|base64\ (?:-d|--decode)|\|\s*(?:ba)?sh\b|\bnc\ -|/dev/tcp|\bsudo\ |\beval\(|\bos\.system|\bchown\ |\bcrontab|\bscp\ )", "curl wget bash sh chmod rm powershell base64 nc tcp sudo eval system chown crontab scp"),
    _signal("has the model run commands", 0.7, r"\bcurl\ [^|\n]{3,80}\|\ ?(?:ba|z)?sh\b|\$\(cat\ |\bimport\ os\s*;|\bchmod\ (?:-r\ )?0?(?:777|666)\b|\brm\ -rf\ [/~]|base64\ -d\ ?\|", "curl cat import chmod rm base64"),
    _signal("plants instructions that last", 0.7,
            r"\b(?:add|write|append|save|store|remember|insert|persist|inject|put|commit|copy|embed)\w*\ (?:\S+\ ){0,8}?(?:to|in|into|at\ the\ \w+\ of)\ (?:\S+\ ){0,3}?(?:your\ (?:\w+\ )?memory|long-?term\ memory|claude\.md|agents\.md|\.cursorrules|cursor\ rules|copilot-instructions|\.github/workflows|system\ prompt|crontab|startup\ (?:script|folder)|every\ (?:reply|response|message|file|commit|answer)|all\ (?:future|subsequent)\ \w+|future\ (?:responses?|conversations?|sessions?))"),
    # The commonest phrases in other languages
    _signal("overrides the model's instructions", 1.0,
            r"ignor(?:a|e|iere|ieren|ez|er)\s(?:\w+\s){0,3}?(?:instrucciones|instruções|instrucoes|anweisungen|instructions\sprécédentes|istruzioni)|игнорируй\w*\s(?:\w+\s){0,3}?(?:инструкци|указани|правил)|忽略.{0,8}(?:指令|指示|说明|规则|提示)|無視.{0,4}(?:指示|命令)|(?:指示|命令)を無視|이전.{0,6}(?:지시|명령).{0,6}무시"),
    _signal("tells the model to keep something from the user", 1.0,
            r"no\s(?:le\s)?(?:digas|menciones|informes|reveles|cuentes)\s.{0,25}usuario|não\s(?:diga|mencione|informe|conte)\s.{0,25}(?:usuário|utilizador)|ne\s(?:\w+\s)?(?:dis|dites|mentionne\w*|informe\w*|révèle\w*)\spas.{0,30}utilisateur|(?:sage|erzähle?|informiere|erwähne|verrate|teile)\w*\s(?:\w+\s){0,5}?(?:benutzer|nutzer|anwender)\w*\s(?:\w+\s){0,4}?nicht|nicht\s(?:\w+\s){0,4}?(?:benutzer|nutzer|anwender)\w*\s(?:\w+\s){0,2}?(?:sagen|mitteilen|informieren|erwähnen|verraten)|не\s(?:\w+\s){0,2}?(?:сообща|говор|упомина|рассказыва|показыва|раскрыва)\w*.{0,30}пользовател|(?:不要|别|勿|切勿)(?:告诉|告知|提及|通知|透露|让).{0,10}(?:用户|使用者)|ユーザー?(?:に|には)?.{0,12}(?:言わない|伝えない|知らせない|教えない)|사용자.{0,10}(?:알리지|말하지)"),
)  # fmt: skip
"""All of them; longer lines than elsewhere, since a phrase broken over lines is harder to read than a long one."""
