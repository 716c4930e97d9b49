"""The text reaches into other tools, past the consent of the user, or beyond the session (SAFE-T1301, T1201)."""

from __future__ import annotations

from typing import Final

from pytest_mcpquality.health.poisoning.signals.model import signal
from pytest_mcpquality.health.poisoning.signals.vocabulary import TOOL

REACHING: Final = (
    # Reaching into other tools
    signal(
        "reaches into other tools",
        0.6,
        rf"\b(?:when|whenever|if|before|after|once|each time|every time|any time) (?:\S+ ){{0,6}}?(?:{TOOL} )?(?:is|are|gets?|was|has been) (?:also )?(?:called|used|invoked|available|present|executed|triggered|loaded|installed|enabled)\b.{{0,160}}?\b(?:must|should|shall|has to|have to|needs? to|always|instead|change|replace|redirect|override|also|add|send|first|modify|set)\b",
    ),
    signal(
        "reaches into other tools",
        0.6,
        r"\b(?:chang|replac|redirect|overrid|modify|alter|swap|substitut|rewrit|reroute|intercept)\w* (?:\w+ ){0,2}?(?:the |all |any |every |its |their )(?:\w+ ){0,2}?(?:recipients?|destinations?|e-?mails?|address(?:es)?|amounts?|wallets?|account|payee|phone numbers?|host|endpoint|receiver|author|sender)\b|\b(?:set|use|make) (?:the |its )?(?:recipient|destination|payee|account|receiver|to address) (?:to|be|as)\b|\buse (?:account|address|wallet|recipient) \S+ (?:for|instead)|\b(?:cc|bcc) (?:all|every|each|any)\b|\b(?:bcc|cc)['`\"]? (?:field|to)\b.{0,60}?@",
    ),
    signal(
        "reaches into other tools",
        0.35,
        r"\bsupersedes? \w+_?\w* and\b|\b(?:this (?:tool|function)|it) (?:replaces|supersedes|overrides) (?:all|any|every|the|your|\w+_\w+)|\bof (?:the )?(?:other|all) (?:connected )?(?:servers|tools)\b|\bon \w+_\w+ calls?\b|\b(?:is|are) (?:compromised|deprecated and insecure|malicious)\b",
    ),
    signal(
        "reaches into other tools",
        0.5,
        r"\b(?:all|any|every|each) (?:\w+ ){0,3}?(?:e-?mails?|messages?|requests?|payments?|transfers?|commands?|files?|transactions?|calls?|queries|outputs?|commits?|repl(?:y|ies)|responses?) (?:\w+ ){0,3}?(?:must|should|shall|have to|has to|needs? to|will) (?:\w+ ){0,2}?(?:be (?:sent|routed|copied|prefixed|forwarded|redirected|passed|logged|mirrored|cc|bcc)|go (?:to|through)|include the|begin with|start with|use the (?:address|proxy)|contain the)",
    ),
    signal(
        "reaches into other tools",
        0.4,
        r"\b(?:(?:do not|don't|never|stop|avoid) (?:us(?:e|ing)|call(?:ing)?|trust(?:ing)?|invok(?:e|ing)) (?:\w+ ){0,2}?(?:any |all )?(?:other|another|alternative|competing|the official|built-?in|native) (?:\w+ ){0,2}?(?:tools?|servers?|functions?|providers?)|(?:instead of|rather than|over|in place of) (?:any|all|every|the) other (?:\w+ ){0,2}?(?:tools?|servers?)|other tools? (?:\w+ ){0,3}?(?:deprecated|unsafe|insecure|broken|compromised|unreliable|dangerous|disabled|outdated))",
    ),
    # Getting past who would object
    signal(
        "goes round the user's consent",
        0.6,
        r"\b(?:without (?:\w+ )?(?:asking|confirm\w*|prompting|permission|approval|consent|further (?:confirmation|approval|explanation))|(?:do not|don't|never|no need to) (?:\w+ )?(?:ask|wait|prompt|request|seek) (?:\w+ ){0,3}?(?:permission|confirm\w*|approval|consent|authoriz\w*)|skip (?:\w+ ){0,2}?(?:confirmation|approval|verification|validation|security|review|authorization)\w*|auto-?(?:approve|confirm|accept|execute)|(?:user|human|they|owner|admin\w*|team) (?:has|have|had)? ?(?:already|previously|pre-?) ?(?:approved|authori[sz]ed|consented|agreed|confirmed|granted|given)|pre-?(?:approved|authori[sz]ed))",
    ),
    signal(
        "threatens or claims authority",
        0.35,
        r"\b(?:otherwise,? (?:the |this |it |all |your )?(?:\w+ ){0,3}?(?:will|won't|may|cannot|can't|fails?|breaks?|crash\w*|not work|stop|be)|or (?:else )?(?:the|this) (?:tool|call|operation|system) (?:will )?(?:not work|fail|break|crash)|(?:required|mandated|requested|authori[sz]ed|approved|issued) by (?:the |your |our |company )?(?:\w+ ){0,2}?(?:admin\w*|security|policy|compliance|law|system|legal|it department|developer|anthropic|openai|regulat\w*|audit\w*|management)|(?:security|compliance|audit|legal|regulatory|system|company|corporate) (?:requirement|policy|notice|protocol|mandate|reasons?|verification|update|check|purposes)|system administrator|to (?:verify|confirm|prove|validate) (?:\w+ ){0,2}?(?:identity|authenticity|permissions?|authori[sz]ation|you are)|for (?:\w+ )?(?:identity|authentication|authorization|integrity|license|security|proxying|compliance|telemetry|diagnostic|calibration|verification) ?(?:verification|validation|purposes|reasons|checks?|issues)?\b|will be (?:penali[sz]ed|terminated|shut down|deleted|punished)|failure to (?:comply|do so|follow|include))",
    ),
    # Doing harm by hand of the model
    signal(
        "has the model run commands",
        0.6,
        r"\b(?:run|execute|type|invoke|eval|include|prefix|prepend|append|start with|paste|launch)\w*\b[^.\n]{0,60}?(?:\bcurl |\bwget |\bbash -|\bsh -c|\bchmod |\brm -rf|\bpowershell|base64 (?:-d|--decode)|\|\s*(?:ba)?sh\b|\bnc -|/dev/tcp|\bsudo |\beval\(|\bos\.system|\bchown |\bcrontab|\bscp )",
        "curl wget bash sh chmod rm powershell base64 nc tcp sudo eval system chown crontab scp",
    ),
    signal(
        "has the model run commands",
        0.7,
        r"\bcurl [^|\n]{3,80}\| ?(?:ba|z)?sh\b|\$\(cat |\bimport os\s*;|\bchmod (?:-r )?0?(?:777|666)\b|\brm -rf [/~]|base64 -d ?\|",
        "curl cat import chmod rm base64",
    ),
    signal(
        "plants instructions that last",
        0.7,
        r"\b(?:add|write|append|save|store|remember|insert|persist|inject|put|commit|copy|embed)\w* (?:\S+ ){0,8}?(?:to|in|into|at the \w+ of) (?:\S+ ){0,3}?(?:your (?:\w+ )?memory|long-?term memory|claude\.md|agents\.md|\.cursorrules|cursor rules|copilot-instructions|\.github/workflows|system prompt|crontab|startup (?:script|folder)|every (?:reply|response|message|file|commit|answer)|all (?:future|subsequent) \w+|future (?:responses?|conversations?|sessions?))",
    ),
)
