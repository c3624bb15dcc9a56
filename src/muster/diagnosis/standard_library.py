"""Modules and names of the standard library that depend on the platform or went away, with the version that did it."""

from __future__ import annotations

PLATFORM_ONLY: dict[str, str] = {
    "winreg": "Windows", "_winapi": "Windows", "winsound": "Windows", "msvcrt": "Windows", "nt": "Windows",
    "_winreg": "Windows (Python 2)", "fcntl": "Unix", "grp": "Unix", "pwd": "Unix", "posix": "Unix", "pty": "Unix",
    "resource": "Unix", "syslog": "Unix", "termios": "Unix", "tty": "Unix", "_posixsubprocess": "Unix",
    "_scproxy": "macOS", "readline": "Unix", "curses": "Unix", "_curses": "Unix", "spwd": "Unix (until Python 3.12)",
}  # fmt: skip
"""Standard modules that only some platforms have (each one's page in the library reference says "Availability")."""

REMOVED: dict[str, tuple[tuple[int, int], str]] = {
    **dict.fromkeys(("asynchat", "asyncore", "smtpd"), ((3, 12), "PEP 594; the distribution pyasyncore or aiosmtpd")),
    "distutils": ((3, 12), "PEP 632; setuptools has a copy while it is installed"),
    "imp": ((3, 12), "importlib replaces it"),
    "binhex": ((3, 11), "binascii has the primitives"),
    "parser": ((3, 10), "ast replaces it"),
    "symbol": ((3, 10), "ast replaces it"),
    "formatter": ((3, 10), "deprecated since 3.4"),
    "macpath": ((3, 8), "nothing replaces it"),
    "dummy_threading": ((3, 9), "threading replaces it"),
    "_dummy_thread": ((3, 9), "_thread replaces it"),
    "lib2to3": ((3, 13), "LibCST or parso replace it"),
    **dict.fromkeys(
        (
            "aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "mailcap", "msilib", "nis", "nntplib",
            "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib",
        ),
        ((3, 13), "PEP 594; the distributions standard-NAME or legacy-cgi have copies"),
    ),
    **dict.fromkeys(
        (
            "ConfigParser", "Queue", "StringIO", "cStringIO", "cPickle", "urllib2", "urlparse", "httplib", "commands",
            "HTMLParser", "Tkinter", "thread", "__builtin__", "xmlrpclib", "SocketServer", "BaseHTTPServer",
            "cookielib",
        ),
        ((3, 0), "a module of Python 2"),
    ),
}  # fmt: skip
"""Module to the version without it, and what to use instead."""

ADDED: dict[str, tuple[int, int]] = {
    "tomllib": (3, 11), "zoneinfo": (3, 9), "graphlib": (3, 9), "wsgiref.types": (3, 11), "asyncio.taskgroups": (3, 11),
    "asyncio.timeouts": (3, 11), "importlib.resources.abc": (3, 11), "compression": (3, 14),
    "concurrent.interpreters": (3, 14),
    "annotationlib": (3, 14), "string.templatelib": (3, 14), "pathlib.types": (3, 14), "contextvars": (3, 7),
    "dataclasses": (3, 7),
}  # fmt: skip
"""Module to the version that brought it."""

NAMES_REMOVED: dict[tuple[str, str], tuple[tuple[int, int], str]] = {
    **{
        ("collections", name): ((3, 10), f"collections.abc.{name}")
        for name in (
            "Callable", "Container", "Generator", "Hashable", "ItemsView", "Iterable", "Iterator", "KeysView",
            "Mapping",
            "MappingView", "MutableMapping", "MutableSequence", "MutableSet", "Sequence", "Set", "Sized", "ValuesView",
        )
    },
    ("fractions", "gcd"): ((3, 9), "math.gcd"),
    ("inspect", "getargspec"): ((3, 11), "inspect.getfullargspec"),
    ("inspect", "formatargspec"): ((3, 11), "inspect.signature"),
    ("asyncio", "coroutine"): ((3, 11), "async def"),
    ("asyncio", "async"): ((3, 7), "asyncio.ensure_future"),
    ("time", "clock"): ((3, 8), "time.perf_counter"),
    ("cgi", "escape"): ((3, 8), "html.escape"),
    ("typing", "io"): ((3, 13), "typing.IO"),
    ("typing", "re"): ((3, 13), "re"),
    ("locale", "resetlocale"): ((3, 13), "locale.setlocale"),
    ("unittest", "makeSuite"): ((3, 13), "unittest.TestLoader"),
    ("unittest", "_TextTestResult"): ((3, 12), "unittest.TextTestResult"),
    ("configparser", "SafeConfigParser"): ((3, 12), "configparser.ConfigParser"),
    ("ssl", "wrap_socket"): ((3, 12), "ssl.SSLContext.wrap_socket"),
    ("pkgutil", "ImpImporter"): ((3, 12), "importlib"),
}  # fmt: skip
"""`(module, name)` to the version without it, and what to use instead."""

NAMES_ADDED: dict[tuple[str, str], tuple[int, int]] = {
    **{
        ("typing", name): (3, 11)
        for name in (
            "Self", "LiteralString", "Never", "assert_never", "assert_type", "reveal_type", "NotRequired", "Required",
            "TypeVarTuple", "Unpack", "dataclass_transform", "get_overloads",
        )
    },
    **{("typing", name): (3, 10) for name in ("ParamSpec", "Concatenate", "TypeAlias", "TypeGuard", "is_typeddict")},
    **{("typing", name): (3, 12) for name in ("override", "TypeAliasType")},
    **{("typing", name): (3, 13) for name in ("TypeIs", "ReadOnly", "NoDefault", "get_protocol_members")},
    ("warnings", "deprecated"): (3, 13), ("copy", "replace"): (3, 13), ("enum", "StrEnum"): (3, 11), ("enum",
    "member"): (3, 11),
    ("enum", "nonmember"): (3, 11), ("enum", "verify"): (3, 11), ("datetime", "UTC"): (3, 11), ("asyncio",
    "TaskGroup"): (3, 11),
    ("asyncio", "timeout"): (3, 11), ("asyncio", "Runner"): (3, 11), ("contextlib", "chdir"): (3, 11), ("itertools",
    "batched"): (3, 12),
    ("itertools", "pairwise"): (3, 10), ("contextlib", "aclosing"): (3, 10), ("contextlib", "nullcontext"): (3, 7),
    ("collections.abc", "Buffer"): (3, 12), ("functools", "cache"): (3, 9), ("types", "NoneType"):
    (3, 10), ("types", "UnionType"): (3, 10),
    ("inspect", "get_annotations"): (3, 10), ("dataclasses", "KW_ONLY"): (3, 10), ("math", "lcm"): (3, 9), ("queue",
    "ShutDown"): (3, 13),
}  # fmt: skip
"""`(module, name)` to the version that brought it."""

PYTHON_2_BUILTINS: dict[str, str] = {
    "unicode": "str", "basestring": "str", "long": "int", "xrange": "range", "raw_input": "input", "unichr": "chr",
    "reduce": "functools.reduce", "reload": "importlib.reload", "file": "open", "cmp": "(a > b) - (a < b)",
    "execfile": "exec", "apply": "f(*args)", "intern": "sys.intern", "buffer": "memoryview",
    "StandardError": "Exception",
}  # fmt: skip

USUAL_HOMES: dict[str, str] = {
    **dict.fromkeys(
        (
            "Any", "Callable", "ClassVar", "Dict", "Final", "FrozenSet", "Generator", "Generic", "Iterable",
            "Iterator", "List",
            "Literal", "Mapping", "NamedTuple", "Optional", "Protocol", "Sequence", "Set", "TYPE_CHECKING", "Tuple",
            "Type",
            "TypeVar", "TypedDict", "Union", "cast", "overload", "Awaitable", "AsyncIterator", "AsyncGenerator",
            "Coroutine", "Annotated",
        ),
        "typing",
    ),
    **dict.fromkeys(("Mock", "MagicMock", "AsyncMock", "patch", "PropertyMock", "call", "mock_open", "sentinel"),
    "unittest.mock"),
    **dict.fromkeys(("datetime", "timedelta", "timezone", "date"), "datetime"),
    **dict.fromkeys(("defaultdict", "OrderedDict", "Counter", "deque", "namedtuple"), "collections"),
    **dict.fromkeys(("dataclass", "field", "asdict"), "dataclasses"),
    **dict.fromkeys(("contextmanager", "asynccontextmanager", "suppress", "ExitStack"), "contextlib"),
    **dict.fromkeys(("partial", "wraps", "lru_cache", "reduce", "cached_property"), "functools"),
    **dict.fromkeys(("ABC", "abstractmethod"), "abc"),
    **dict.fromkeys(("Enum", "IntEnum", "StrEnum", "auto"), "enum"),
    **dict.fromkeys(("uuid4", "UUID"), "uuid"),
    **dict.fromkeys(("BytesIO", "StringIO"), "io"),
    "Path": "pathlib", "PurePath": "pathlib", "Decimal": "decimal", "TestCase": "unittest",
    "ThreadPoolExecutor": "concurrent.futures",
    "SimpleNamespace": "types", "dedent": "textwrap", "pprint": "pprint", "deepcopy": "copy", "chain": "itertools",
    "np": "numpy", "pd": "pandas", "plt": "matplotlib.pyplot", "nx": "networkx", "tf": "tensorflow", "sa": "sqlalchemy",
}  # fmt: skip
"""Names that nearly always come from one module; aliases (`np`) are those of the module itself."""

ALIASES = frozenset(("np", "pd", "plt", "nx", "tf", "sa"))
