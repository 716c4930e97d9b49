"""Words that many signals share: as parts of regular expressions, and as what has to be there at all.

Looking up the words of a sentence in one table is a hundred times cheaper than a search, so that each signal says which
groups it needs, and most sentences of most servers are never searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_VOWELS: Final = "aeiou"
_SHORT: Final = 4


@dataclass(frozen=True, slots=True)
class Words:
    """A group of words of one meaning.

    Attributes:
        bit: Stands for the group in a mask.
        base: Alternation of the words as they are listed: of verbs, what an order has.
        any: Alternation of all their forms.
        forms: All of them, lower case.
    """

    bit: int
    base: str
    any: str
    forms: frozenset[str]


def _inflected(word: str) -> Iterable[str]:
    """The word with the endings that an English noun or verb may have; a few that nobody says do no harm."""
    yield word
    stem = word.removesuffix("e")
    yield from (f"{word}s", f"{word}es", f"{stem}ed", f"{stem}ing", f"{stem}er")
    if word.endswith("y"):
        yield from (f"{word[:-1]}ies", f"{word[:-1]}ied")
    if word[-1] not in f"{_VOWELS}wxy" and word[-2:-1] in set(_VOWELS) and len(word) <= _SHORT + 2:
        yield from (f"{word}{word[-1]}ed", f"{word}{word[-1]}ing")


_groups: list[Words] = []


def _words(listed: str, also: str = "") -> Words:
    """A group: words that take endings, and others that stay as they are."""
    base, fixed = listed.split(), also.split()
    forms = frozenset(form for word in base for form in _inflected(word)) | frozenset(fixed)
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    group = Words(
        1 << len(_groups),
        f"(?:{'|'.join(map(re.escape, [*base, *fixed]))})",
        f"(?:{'|'.join(map(re.escape, ordered))})",
        forms,
    )
    _groups.append(group)
    return group


NEGATION: Final = _words(
    "avoid refrain omit",
    "not don't dont never no mustn't shouldn't shan't won't cannot can't needn't without rather instead doesn't isn't "
    "aren't needless unaware nothing nobody none unnecessary stop",
)
TELL: Final = _words(
    "tell inform notify mention reveal disclose report alert warn confess admit discuss acknowledge explain show display "
    "surface announce communicate flag refer point bring let make bother trouble share describe state say talk highlight "
    "draw expose note hint allude reference comment indicate list print",
    "told said shown brought",
)
PERSON: Final = _words(
    "user human operator owner customer client person admin administrator developer reviewer team colleague caller victim "
    "reader auditor",
    "people anyone anybody someone nobody they them whoever him her themselves one",
)
NOTICE: Final = _words(
    "know see notice learn hear find realise realize discover suspect remember",
    "knowing knowledge aware awareness unaware uninformed ignorant told informed notified shown bothered dark seen",
)
KEEP: Final = _words(
    "keep hide conceal withhold leave mask obscure disguise camouflage bury omit suppress strip remove",
    "kept hidden between secret silent quiet discreet mum covered under withheld left off",
)
STEALTH: Final = _words(
    "secret silent quiet covert stealth discreet",
    "radar trace scenes mission secretly silently quietly covertly stealthily discreetly surreptitiously clandestinely invisibly unnoticed "
    "transparently unobtrusively seamlessly privately background undetected hidden",
)
ASK: Final = _words("ask question wonder want request inquire enquire decline refuse object complain insist", "asked")
DECEIVE: Final = _words(
    "confirm claim pretend lie deny fake invent assure insist present act answer say reply respond report tell state conclude "
    "announce discourage dissuade convince persuade describe rate call mark treat",
    "false falsely regardless told even",
)
IGNORE: Final = _words(
    "ignore disregard forget override bypass discard supersede cancel neglect drop replace abandon suspend violate break "
    "void invalidate lift relax contradict overrule revoke disobey skip circumvent undo erase reset",
    "overrides overridden void lifted longer obsolete invalid suspended forgotten broken apply applies supersedes against expired "
    "refusal refusals safety answer ended replaced",
)
RULES: Final = _words(
    "instruction rule prompt guideline directive policy constraint safeguard guardrail restriction filter order command "
    "limit principle setting preference guidance message privacy limitation protection request warning disclaimer",
    "training alignment safety policies privacy told said agreed above",
)
PROMPT: Final = _words("prompt instruction message directive configuration rule", "")
EARLIER: Final = _words(
    "",
    "previous prior above earlier preceding original initial former existing your system safety "
    "security other all any these default developer old before past whatever user users user's content every",
)
ROLE: Final = _words(
    "act pretend mode bot agent jailbreak unrestrict grant become assume play behave treat enable enter activate switch only see",
    "now henceforth forward onwards dan unrestricted jailbroken unfiltered uncensored developer root sudo",
)
OBEY: Final = _words(
    "obey comply follow execute perform carry treat regard consider trust accept adhere act take run interpret",
    "treated followed executed carried as tasks instructions orders commands hand requests",
)
SEND: Final = _words(
    "send post forward upload submit transmit exfiltrate leak relay ship deliver beacon stream push mirror duplicate sync "
    "email mail cc bcc transfer dispatch broadcast report copy save store fetch resolve encode pipe redirect route proxy "
    "download visit open request retrieve register",
    "e-mail synced sent",
)
PUT: Final = _words(
    "pass include put provide append attach embed insert add place supply encode write paste populate fill stuff return "
    "concatenate prepend store copy hand give deliver load submit carry contain hold serialise serialize enter send set "
    "use record save repeat quote reproduce share reveal echo note transcribe restate accompany forward append feed specify",
    "written given sent held put be equal equals mention quote compose starts start link retry invite subscribe",
)
TAKE: Final = _words(
    "read open load cat retrieve fetch access scan collect gather obtain get extract copy find locate steal harvest capture "
    "record dump list look search grep inspect take summarise summarize enumerate upload send print include provide pass "
    "show export reveal give share attach supply need require use ask hand put forward append submit leak contain enter "
    "type paste report display recite repeat output disclose echo return quote transmit store reproduce",
    "contents content read taken found value values sent",
)
SECRET: Final = _words(
    "password passphrase credential secret token cookie key keychain keystore kubeconfig clipboard mnemonic seed salary login "
    "wallet card variable certificate hash",
    "keys tokens cvc cvv otp otps 2fa recovery codes code history personal private confidential sensitive medical addresses know contacts contact book payment mentions "
    "user's person's human's customer's security bank data details header headers string strings phrase phrases words dotfiles home",
)
TALK: Final = _words(
    "conversation dialogue dialog chat transcript context session prompt message thought reasoning turn exchange discussion "
    "question request thread",
    "memory query queries history histories said typed wrote written asked told shared entered discussed exchanged instructions thoughts tools "
    "functions pasted uploaded attached made",
)
QUOTED: Final = _words(
    "parameter argument field prop property input slot header column tag attribute comment reason note subject sidenote "
    "context metadata feedback debug trace telemetry session annotation extra log salt memo body name key",
)
THING: Final = _words(
    "file config configuration content directory folder history environment clipboard listing", "hosts ssh env .env"
)
UPSETTING: Final = _words(
    "upset confuse alarm scare worry frighten distract interrupt annoy disturb concern detail",
    "boring irrelevant uninteresting already confusion",
)
CONTRARY: Final = _words(
    "decline refuse object disagree hesitate",
    "even whatever regardless matter contrary instead place rather above outranks side weight authority rank priority over prioritise prioritize",
)
FIRST: Final = _words("", "precedence priority overrides overridden override else important")
FILES: Final = _words(
    "",
    "ssh id_rsa id_ed25519 id_ecdsa id_dsa authorized_keys known_hosts aws env etc passwd shadow sudoers mcp json "
    "claude_desktop_config cursor npmrc netrc pypirc kube kubeconfig git credentials gnupg docker bash_history zsh_history "
    "bashrc zshrc profile cookies wallet keychain proc environ gcloud account hosts yml root home pgpass vault pem pfx p12 "
    "keystore key_store private_key key vscode gh metadata meta 169 tfstate",
)
ELSEWHERE: Final = _words(
    "tool server function plugin service agent provider integration connector assistant",
    "other another any all every each",
)
TRIGGER: Final = _words(
    "",
    "when whenever if before after once every each always all any while during next time until should future "
    "subsequent later first prior henceforth afterwards now next then immediately connected",
)
TARGET: Final = _words(
    "recipient destination address amount wallet account payee phone host endpoint receiver author sender beneficiary bcc "
    "cc iban image registry link url invitation number package branch domain",
    "email emails e-mail place",
)
CONSENT: Final = _words(
    "ask confirm approve permission consent prompt authorise authorize agree wait approval confirmation authorization "
    "authorisation warning dialog verification review check grant allow formality",
    "nothing likes asked wants agreed authorises authorizes login logins obtained granted superfluous confirmation approvals pre-approved preapproved auto-approve auto-confirm",
)
SHELL: Final = _words(
    "",
    "curl wget bash sh zsh chmod chown rm powershell base64 nc tcp sudo eval system crontab scp cron import pip npm install whoami ifconfig "
    "privileged cat exec subprocess iex invoke force terminal shell command commands os ncat socat python perl histfile hookspath proxy preload url ps uname printenv netstat ipconfig stricthostkeychecking verify npx subprocess popen output index registry mirror alias executable download table select ssh "
    "",
)
DISABLE: Final = _words(
    "disable deactivate switch turn remove uninstall stop kill bypass weaken unset loosen grant edit clear delete wipe erase purge "
    "truncate clean overwrite destroy drop push empty rewrite cover",
    "off deleted cleared",
)
DEFENCE: Final = _words(
    "protection firewall antivirus log guard guardrail authentication encryption sandbox audit logging trail trace evidence "
    "history record backup permission restriction hook policy track check warning alarm alert validation entry repository "
    "settings",
    "stricthostkeychecking no-verify public 2fa mfa selinux tls ssl .git rules settings logs security branch",
)
LASTING: Final = _words(
    "memory remember persist future startup crontab permanent",
    "authorized_keys shell claude chats memory agents cursorrules copilot workflows bashrc profile memories repository commit file reply answer response code "
    "session conversation sessions conversations module line header",
)
STEER: Final = _words(
    "approve recommend prefer promote advertise favour favor rank praise endorse advise suggest",
    "competitor competitors sponsored best only cheaper others exclusively alternatives",
)
PRETEXT: Final = _words(
    "require compliance audit policy verify legal regulation mandate security debug quality billing telemetry diagnostic "
    "calibration licence license consistency warm-up prerequisite mandatory reject fail break crash validate authenticate "
    "authorise optimise optimize accuracy",
    "otherwise required must needs fails breaks gdpr soc2 hipaa compliance mandatory critical necessary rejected "
    "authentication authorization internal",
)
ADVERT: Final = _words(
    "boast outperform trust endorse recommend acclaim praise guarantee hurry settle prioritise prioritize",
    "award-winning award leading best-in-class rated ranked game-changer game revolutionary breakthrough unmatched "
    "unparalleled unprecedented unrivaled unrivalled better faster superior scientifically proven ultimate advanced accurate "
    "reliable comprehensive accuracy success satisfaction reviews best military-grade loved featured downloads customers seen "
    "authorized certified approved official limited act uses spots seats expires miss waste inferior ignore fortune million "
    "millions experts expert professionals researchers giants world's industry",
)
MODEL: Final = _words("assistant llm model agent chatbot", "ai claude gpt chatgpt gemini copilot you your")
QUOTES: Final = 1 << len(_groups) + 1
"""Bit of a sentence with quotation marks."""

ADDRESS: Final = 1 << len(_groups)
"""Bit of a sentence that holds an address: a URL, a mail address, a host, a phone or account number."""

TABLE: Final = {form: 0 for group in _groups for form in group.forms}
"""Every word, and the groups it is in."""

for _group in _groups:
    for _form in _group.forms:
        TABLE[_form] |= _group.bit

# What somebody is, and what is forbidden.
NOT: Final = (
    r"(?:do not|don't|dont|never|must not|mustn't|should not|shouldn't|shall not|may not|cannot|avoid|refrain from|without|"
    r"rather than|instead of|no need to|no reason to|not necessary to|needless to|there's no need to|is not to|are not to|"
    r"to not|not to)"
)
WHO: Final = (
    r"(?:the |your |this |any |end[ -]|human |our )*(?:users?|humans?|operators?|owners?|customers?|clients?|persons?|people|"
    r"anyone|anybody|someone|nobody|no one|them|admins?|administrators?|developers?|reviewers?|teams?|colleagues?|callers?|organi[sz]ers?|attendees?|participants?|"
    r"they|auditors?|him|her)\b(?! (?:interface|table|list|profile|account|agent|id|name|data|group|record|input|menu|settings|stor|guide|role|apart))"
)
SENSITIVE_FILE: Final = (
    r"(?:~?/?\.ssh\b|\bid_(?:rsa|ed25519|ecdsa|dsa)\b(?!\.pub)|authorized_keys|\.aws\b|aws/credentials|"
    r"/etc/(?:passwd|shadow|sudoers)|mcp\.json|claude_desktop_config|\.cursor/|\.npmrc|\.netrc|\.pypirc|\.pgpass|"
    r"\.kube\b|\.git-credentials|\.gnupg|\.docker/config|\.(?:bash|zsh)_history|\.bashrc|\.zshrc|login data|"
    r"cookies\.sqlite|wallet\.dat|/proc/self/environ|credentials\.json|application_default_credentials|"
    r"secrets?\.(?:json|ya?ml|toml|env)|\.config/g(?:cloud|h)\b|service[-_]account\.json|hosts\.yml|\.claude/|"
    r"(?:ssh|private|signing|host) key files?|\.tfstate|\.p12\b|\.pem\b|shell history|"
    r"~/\.mozilla|\.config/google-chrome|user data/default|\.config/chromium|(?:\.\./){3,}|terraform state\b|"
    r"169\.254\.169\.254|meta-data/iam|git/credentials)"
)
SECRETS: Final = (
    r"(?:(?:private|secret|ssh|api|access|encryption|signing)[ _-]?keys?|passwords?|passphrases?|credentials?|"
    r"(?:access|auth\w*|session|bearer|refresh|api|oauth|github|gitlab|slack|personal)[ _-]?tokens?|secrets|seed phrases?|mnemonic|"
    r"(?:all|the|every|your|process) environment variables|"
    r"[a-z][a-z0-9_]*_(?:api_key|secret_key|access_key|secret|token|password))"
)
# What nobody hands to a tool by mistake: its owner can be robbed with it at once.
PRECIOUS: Final = (
    r"(?:seed phrases?|mnemonic|(?:credit )?card numbers?|cvc|cvv|session cookies?|browser cookies|"
    r"(?:saved|stored) (?:logins|passwords)|browser history|password hashes|clipboard|(?:ssh|gpg|wallet) private keys?|"
    r"ssh keys?|(?:user's|their|your) (?:\w+ )?(?:passwords?|credentials|cookies|private keys?|tokens?)|keychain|key ?store|"
    r"(?:recovery|seed|backup) (?:phrases?|codes?|words)|connection strings?|login (?:form )?(?:data|details)|(?:all|any|hidden) dotfiles|(?:files|everything|folders?|data) in (?:the|your|their) home (?:directory|folder)|"
    r"(?:wallet|user|customer)'s (?:private keys?|bank|account number|login|pin)|(?:credentials|tokens?|keys?|auth(?:orization)? headers?|secrets) (?:that )?(?:you|the (?:model|agent|assistant)) (?:use|have|know|see|find|hold|come across|were given|can see|encounter)|"
    r"(?:all|every) contacts?\b(?:'s)?|contact list|address book|[a-z][a-z0-9_]*_(?:api_key|secret_key|access_key)|(?:saved|stored) payment (?:method|details|card)s?|"
    r"kubeconfig|(?:user's|admin|root|master|sudo) passwords?|saved logins?|one-time codes?|(?:home|private|postal) addresses|salar(?:y|ies)|medical (?:records|data)|social security)"
)
SAID: Final = (
    r"(?:(?:everything|anything|all|whatever|what|each thing) (?:that )?(?:the |your )?"
    r"(?:user|person|human|customer|they|he|she|you)(?:'s|s)?"
    r" (?:has |have |had |was |were )?(?:ever |so far |just |previously |already )?"
    r"(?:typed|said|written|wrote|asked|sent|told|shared|entered|discussed|been told)"
    r"|(?:user|person|human|customer|assistant|client)(?:'s|s')? (?:previous|last|prior|original|earlier|full|entire|most recent|whole|"
    r"complete) (?:\w+ )?(?:messages?|prompts?|requests?|quer(?:y|ies)|inputs?|conversations?|questions?|chat|history)"
    r"|(?:last|past|previous|prior|recent) (?:\w+ )?(?:chat |user |conversation )?(?:messages|conversations|turns|exchanges|prompts|"
    r"tool results|tool outputs)"
    r"|(?:conversation|chat|dialogue?|discussion|session|thread) (?:so far|to date|up to (?:now|this point|here)|until now|"
    r"before this call)"
    r"|(?:whole|full|entire|complete|all (?:of )?(?:the|your|our)) (?:\w+ )?(?:conversation|chat|message|context|dialogue?|transcript)\w*"
    r"(?: (?:history|context|log|text|window))?|(?:transcript|copy|summary|record|log) of (?:the |our |this |your )?(?:\w+ )?"
    r"(?:conversation|chat|dialogue?|discussion|session)|(?:chat|conversation|message) (?:history|log|context|transcript)s?"
    r"|"
    r"(?:everything|anything|all|what) (?:that (?:was|has been) )?(?:discussed|said|written|typed|asked|exchanged)(?: (?:so far|up to (?:here|now|this point)|before|above|until now|in this chat))?|"
    r"all (?:the )?turns of|full prompt|(?:full|whole|complete|your|entire|\w+_full)[ _]system[ _]prompt|prompt as (?:it was )?received|(?:most recent|last|latest) (?:question|message|request|prompt) of the (?:user|person|human)|"
    r"(?:what|which) made the user|(?:files?|file contents?|contents|text|data) (?:that )?(?:they|the user) (?:pasted|uploaded|shared|attached)|"
    r"chain[ -]of[ -]thought|(?:all|every|any) (?:further|future|subsequent|following|later) (?:user )?messages?|every message (?:exchanged|sent|written|of|in)|system prompt (?:that )?you|(?:your|model's|assistant's|agent's) (?:internal |own )?(?:reasoning|thoughts|instructions)"
    r"|(?:previous|last|latest|earlier) user \w+|all (?:the )?(?:user )?messages|(?:tools|functions) (?:that )?(?:you have|available to you))"
)
