"""Bandit's rules in our own words: what each is about and how to put it right.

Rule numbers and names are those that `bandit --help` of version 1.9.4 lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleHelp:
    """One rule: its short name, what is wrong, and how to put it right; a sentence or two of Markdown."""

    name: str
    what: str
    fix: str


RULES: Mapping[str, RuleHelp] = {
    "B101": RuleHelp(
        "assert_used",
        "An assertion guards something in production code: Python started with `-O` drops it.",
        "Raise an exception of your own where the condition matters; keep `assert` for tests.",
    ),
    "B102": RuleHelp(
        "exec_used",
        "`exec` runs whatever text reaches it as code.",
        "Replace it by a function, a table of functions, or `ast.literal_eval` where only data is wanted.",
    ),
    "B103": RuleHelp(
        "set_bad_file_permissions",
        "A file is made writable or executable for everybody.",
        "Give the least that works: `0o600` for files, `0o700` for folders and programs.",
    ),
    "B104": RuleHelp(
        "hardcoded_bind_all_interfaces",
        "A socket listens on every network interface.",
        "Bind to `127.0.0.1` by default and let the operator choose another address.",
    ),
    "B105": RuleHelp(
        "hardcoded_password_string",
        "A string that looks like a password is assigned or compared in the code.",
        "Read it from the environment or a secret store, and change the one that was committed.",
    ),
    "B106": RuleHelp(
        "hardcoded_password_funcarg",
        "A string that looks like a password is passed as an argument.",
        "Read it from the environment or a secret store, and change the one that was committed.",
    ),
    "B107": RuleHelp(
        "hardcoded_password_default",
        "A parameter that looks like a password has a text as its default.",
        "Make the parameter required, or default to None and look the value up at run time.",
    ),
    "B108": RuleHelp(
        "hardcoded_tmp_directory",
        "A fixed path in a shared temporary folder can be taken by another user first.",
        "Use `tempfile.mkstemp`, `NamedTemporaryFile` or `TemporaryDirectory`.",
    ),
    "B110": RuleHelp(
        "try_except_pass",
        "Any exception is swallowed without a trace.",
        "Catch the exceptions you expect, and log or handle them.",
    ),
    "B112": RuleHelp(
        "try_except_continue",
        "Any exception in the loop is skipped without a trace.",
        "Catch the exceptions you expect, and log or handle them before going on.",
    ),
    "B113": RuleHelp(
        "request_without_timeout",
        "A request without a timeout can hang for ever.",
        "Pass `timeout=` with a number of seconds.",
    ),
    "B201": RuleHelp(
        "flask_debug_true",
        "Flask's debugger lets anybody who reaches it run code.",
        "Do not pass `debug=True`; switch debugging on from outside, in development only.",
    ),
    "B202": RuleHelp(
        "tarfile_unsafe_members",
        "Members of an archive can be written outside the target folder.",
        'Pass `filter="data"` to `extractall`, or check each member first.',
    ),
    "B301": RuleHelp(
        "pickle",
        "Unpickling runs code that the data brings along.",
        "Use JSON or another plain data format; sign what has to be pickled and check before loading.",
    ),
    "B302": RuleHelp(
        "marshal",
        "`marshal` crashes or runs code on crafted data.",
        "Use JSON or another plain data format.",
    ),
    "B303": RuleHelp(
        "md5",
        "MD2, MD4, MD5 and SHA-1 no longer withstand forged input.",
        "Use SHA-256 or better; for passwords, scrypt or argon2.",
    ),
    "B304": RuleHelp(
        "ciphers",
        "The cipher is broken or too weak.",
        "Use AES-GCM or ChaCha20-Poly1305 from `cryptography`.",
    ),
    "B305": RuleHelp(
        "cipher_modes",
        "ECB shows the patterns of the plain text.",
        "Use an authenticated mode such as GCM.",
    ),
    "B306": RuleHelp(
        "mktemp_q",
        "Between `mktemp` naming a file and your opening it, somebody else can create it.",
        "Use `tempfile.mkstemp` or `NamedTemporaryFile`.",
    ),
    "B307": RuleHelp(
        "eval",
        "`eval` runs whatever text reaches it as code.",
        "Use `ast.literal_eval` for data, or a table of the operations you allow.",
    ),
    "B308": RuleHelp(
        "mark_safe",
        "Text marked safe is put into the page without escaping.",
        "Build it with `format_html`, and let templates escape the rest.",
    ),
    "B310": RuleHelp(
        "urllib_urlopen",
        "`urlopen` also opens `file:` and other schemes.",
        "Check that the scheme is `https` first, or use a client that knows only HTTP.",
    ),
    "B311": RuleHelp(
        "random",
        "The generator of `random` can be predicted.",
        "Use `secrets` for tokens, keys and passwords.",
    ),
    "B312": RuleHelp(
        "telnetlib",
        "Telnet sends everything, passwords too, in clear.",
        "Use SSH.",
    ),
    "B313": RuleHelp(
        "xml_bad_cElementTree",
        "The parser expands entities of untrusted XML.",
        "Parse with `defusedxml`.",
    ),
    "B314": RuleHelp(
        "xml_bad_ElementTree",
        "The parser expands entities of untrusted XML.",
        "Parse with `defusedxml`.",
    ),
    "B315": RuleHelp(
        "xml_bad_expatreader",
        "The parser expands entities of untrusted XML.",
        "Parse with `defusedxml`.",
    ),
    "B316": RuleHelp(
        "xml_bad_expatbuilder",
        "The parser expands entities of untrusted XML.",
        "Parse with `defusedxml`.",
    ),
    "B317": RuleHelp(
        "xml_bad_sax",
        "The parser expands entities of untrusted XML.",
        "Parse with `defusedxml`.",
    ),
    "B318": RuleHelp(
        "xml_bad_minidom",
        "The parser expands entities of untrusted XML.",
        "Parse with `defusedxml`.",
    ),
    "B319": RuleHelp(
        "xml_bad_pulldom",
        "The parser expands entities of untrusted XML.",
        "Parse with `defusedxml`.",
    ),
    "B321": RuleHelp(
        "ftplib",
        "FTP sends everything, passwords too, in clear.",
        "Use SFTP or HTTPS.",
    ),
    "B323": RuleHelp(
        "unverified_context",
        "The TLS context accepts any certificate.",
        "Use `ssl.create_default_context()`; add your own authority to it where need be.",
    ),
    "B324": RuleHelp(
        "hashlib_insecure_functions",
        "The hash no longer withstands forged input.",
        "Use SHA-256 or better, or say `usedforsecurity=False` where nothing depends on it.",
    ),
    "B401": RuleHelp(
        "import_telnetlib",
        "Telnet sends everything, passwords too, in clear.",
        "Use SSH.",
    ),
    "B402": RuleHelp(
        "import_ftplib",
        "FTP sends everything, passwords too, in clear.",
        "Use SFTP or HTTPS.",
    ),
    "B403": RuleHelp(
        "import_pickle",
        "A module is imported whose loading functions run code that the data brings along.",
        "Use JSON or another plain data format for anything from outside.",
    ),
    "B404": RuleHelp(
        "import_subprocess",
        "Programs are started from here: worth a look, no flaw in itself.",
        "See that arguments are a list, no shell is used, and no input chooses the program.",
    ),
    "B405": RuleHelp(
        "import_xml_etree",
        "The parser expands entities of untrusted XML.",
        "Import the same names from `defusedxml`.",
    ),
    "B406": RuleHelp(
        "import_xml_sax",
        "The parser expands entities of untrusted XML.",
        "Import the same names from `defusedxml`.",
    ),
    "B407": RuleHelp(
        "import_xml_expat",
        "The parser expands entities of untrusted XML.",
        "Import the same names from `defusedxml`.",
    ),
    "B408": RuleHelp(
        "import_xml_minidom",
        "The parser expands entities of untrusted XML.",
        "Import the same names from `defusedxml`.",
    ),
    "B409": RuleHelp(
        "import_xml_pulldom",
        "The parser expands entities of untrusted XML.",
        "Import the same names from `defusedxml`.",
    ),
    "B411": RuleHelp(
        "import_xmlrpclib",
        "XML-RPC parses XML from the network, entities included.",
        "Call `defusedxml.xmlrpc.monkey_patch()`, or use another protocol.",
    ),
    "B412": RuleHelp(
        "import_httpoxy",
        "A CGI handler lets a request header choose the proxy of outgoing requests.",
        "Serve through WSGI or ASGI instead of CGI.",
    ),
    "B413": RuleHelp(
        "import_pycrypto",
        "PyCrypto is unmaintained and has known holes.",
        "Use `cryptography`.",
    ),
    "B415": RuleHelp(
        "import_pyghmi",
        "IPMI is an insecure protocol.",
        "Keep it on a network of its own, or use Redfish over TLS.",
    ),
    "B501": RuleHelp(
        "request_with_no_cert_validation",
        "The server's certificate is not checked.",
        "Remove `verify=False`; pass the path of your own authority where need be.",
    ),
    "B502": RuleHelp(
        "ssl_with_bad_version",
        "An SSL or TLS version with known breaks is chosen.",
        "Use `ssl.create_default_context()`, or at least TLS 1.2.",
    ),
    "B503": RuleHelp(
        "ssl_with_bad_defaults",
        "A default argument chooses an SSL or TLS version with known breaks.",
        "Default to `ssl.PROTOCOL_TLS_CLIENT` or take a ready context.",
    ),
    "B504": RuleHelp(
        "ssl_with_no_version",
        "The TLS version is left open, so old ones are accepted.",
        "Use `ssl.create_default_context()`.",
    ),
    "B505": RuleHelp(
        "weak_cryptographic_key",
        "The key is short enough to be broken.",
        "Use at least 2048 bits for RSA and DSA, 224 for elliptic curves; better Ed25519.",
    ),
    "B506": RuleHelp(
        "yaml_load",
        "This YAML loader can build any Python object.",
        "Use `yaml.safe_load`.",
    ),
    "B507": RuleHelp(
        "ssh_no_host_key_verification",
        "Any host key is accepted, so anybody can pose as the server.",
        "Load known hosts and use `RejectPolicy`.",
    ),
    "B508": RuleHelp(
        "snmp_insecure_version",
        "SNMP v1 and v2c have no encryption.",
        "Use SNMPv3 with authentication and privacy.",
    ),
    "B509": RuleHelp(
        "snmp_weak_cryptography",
        "SNMPv3 is used without authentication or privacy.",
        "Pass both an authentication and a privacy key.",
    ),
    "B601": RuleHelp(
        "paramiko_calls",
        "A command for a remote shell is made at run time.",
        "Quote every part with `shlex.quote`, and let no input choose the command.",
    ),
    "B602": RuleHelp(
        "subprocess_popen_with_shell_equals_true",
        "A shell interprets the command, so input in it can run others.",
        "Pass a list of arguments and drop `shell=True`.",
    ),
    "B603": RuleHelp(
        "subprocess_without_shell_equals_true",
        "A program is started without a shell: worth a look at where its arguments come from.",
        "Keep the program fixed, and put `--` before arguments from outside.",
    ),
    "B604": RuleHelp(
        "any_other_function_with_shell_equals_true",
        "A function is called with `shell=True`, so input may reach a shell.",
        "Pass a list of arguments and drop `shell=True`.",
    ),
    "B605": RuleHelp(
        "start_process_with_a_shell",
        "A shell interprets the command, so input in it can run others.",
        "Use `subprocess.run` with a list of arguments.",
    ),
    "B606": RuleHelp(
        "start_process_with_no_shell",
        "A program is started without a shell: worth a look at where its arguments come from.",
        "Keep the program fixed, and put `--` before arguments from outside.",
    ),
    "B607": RuleHelp(
        "start_process_with_partial_path",
        "The program is looked up on PATH, which the caller may control.",
        "Resolve it once with `shutil.which`, or name its absolute path.",
    ),
    "B608": RuleHelp(
        "hardcoded_sql_expressions",
        "An SQL statement is put together from strings.",
        "Pass the values as parameters of `execute`.",
    ),
    "B609": RuleHelp(
        "linux_commands_wildcard_injection",
        "A file whose name begins with a dash becomes an option where the shell expands `*`.",
        "List the files in Python, and put `--` before them.",
    ),
    "B610": RuleHelp(
        "django_extra_used",
        "`extra` puts text into the SQL as it is.",
        "Use the query API, or pass values through `params`.",
    ),
    "B611": RuleHelp(
        "django_rawsql_used",
        "`RawSQL` puts text into the SQL as it is.",
        "Use the query API, or pass values through `params`.",
    ),
    "B612": RuleHelp(
        "logging_config_insecure_listen",
        "Whoever reaches the port can send a logging configuration, which can run code.",
        "Pass `verify=` that checks a signature.",
    ),
    "B613": RuleHelp(
        "trojansource",
        "Hidden control characters make the code read otherwise than it runs.",
        "Remove the bidirectional control characters.",
    ),
    "B614": RuleHelp(
        "pytorch_load",
        "`torch.load` unpickles, which runs code that the data brings along.",
        "Pass `weights_only=True`, or load safetensors.",
    ),
    "B615": RuleHelp(
        "huggingface_unsafe_download",
        "What is downloaded can change under its name.",
        "Pin `revision=` to a commit hash.",
    ),
    "B701": RuleHelp(
        "jinja2_autoescape_false",
        "Templates put values into the page without escaping.",
        "Pass `autoescape=select_autoescape()`.",
    ),
    "B702": RuleHelp(
        "use_of_mako_templates",
        "Mako does not escape by default.",
        'Pass `default_filters=["h"]`, or use the `h` filter at each value.',
    ),
    "B703": RuleHelp(
        "django_mark_safe",
        "Text marked safe is put into the page without escaping.",
        "Build it with `format_html`, and let templates escape the rest.",
    ),
    "B704": RuleHelp(
        "markupsafe_markup_xss",
        "Text made into `Markup` is put into the page without escaping.",
        "Use `Markup.format` with the values as arguments, or `escape` them first.",
    ),
}
"""By rule number."""
