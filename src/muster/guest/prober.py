"""Imports installed modules on request and says what they then hold.

Runs after `isolated_site` in the same namespace. `SPEC` also holds `requests` and `output` (file descriptors): one JSON
string, a module's name, comes in a line; one JSON object goes out a line. `module:name` asks for one attribute, which the
module may make on demand. Python 3.9 syntax.

Every request is answered in one process, so that what modules share is imported once. Where that sharing might change
an outcome (the import failed, or loaded something that had failed before) the answer says `doubtful`, and the host asks
a fresh process.
"""

import builtins
import sys

EDGES = {}  # module -> names imported while it was being executed, by itself or by functions that it called
LATER = {}  # module -> names that its functions imported when they were called
RUNNING = []  # (the module on whose behalf, what it imports), innermost last
ATTEMPTED = set()
FAILED_BEFORE = set()
_original_import = builtins.__import__


def _recording_import(name, globals=None, locals=None, fromlist=(), level=0):
    if type(globals) is not dict:
        globals = sys._getframe(1).f_globals
    importer = globals.get("__name__")
    if type(importer) is not str:
        return _original_import(name, globals, locals, fromlist, level)
    owner = _owner(importer)
    target = _absolute(importer, name, globals, level)
    RUNNING.append((owner, target))
    try:
        return _original_import(name, globals, locals, fromlist, level)
    finally:
        RUNNING.pop()
        _record(importer, owner, [target, *_submodules(target, fromlist)])


def _owner(importer):
    """The module on whose behalf `importer` imports: itself while it is executed, else the innermost one that is."""
    if _is_executing(importer):
        return importer
    return RUNNING[-1][0] if RUNNING else None


def _is_executing(name):
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return getattr(spec, "_initializing", False) is True


def _record(importer, owner, targets):
    if owner is not None:
        EDGES.setdefault(owner, set()).update(targets)
    if owner != importer:
        LATER.setdefault(importer, set()).update(targets)


def _absolute(importer, name, globals, level):
    if not level:
        return name
    package = globals.get("__package__") or (importer if "__path__" in globals else importer.rpartition(".")[0])
    base = package.rsplit(".", level - 1)[0] if level > 1 else package
    return base + "." + name if name else base


def _submodules(name, fromlist):
    return [name + "." + part for part in fromlist or () if type(part) is str and name + "." + part in sys.modules]


builtins.__import__ = _recording_import  # before the imports below, which examined modules share

import enum  # noqa: E402
import importlib.util  # noqa: E402
import inspect  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import types  # noqa: E402

REQUESTS, OUTPUT = SPEC["requests"], SPEC["output"]  # noqa: F821  # because the text sent first defines it
os.set_inheritable(REQUESTS, False)
os.set_inheritable(OUTPUT, False)

TEXT_LIMIT = 2000
TUPLE_LIMIT = 64
_original_import_module = importlib.import_module


def _recording_import_module(name, package=None):
    importer = sys._getframe(1).f_globals.get("__name__")
    if type(importer) is not str or type(name) is not str:
        return _original_import_module(name, package)
    owner = _owner(importer)
    target = importlib.util.resolve_name(name, package) if package and name.startswith(".") else name
    RUNNING.append((owner, target))
    try:
        return _original_import_module(name, package)
    finally:
        RUNNING.pop()
        _record(importer, owner, [target])


def _note_attempt(event, args):
    """See first imports that no patched function sees: those of extension modules."""
    if event == "import" and type(args[0]) is str:
        name = args[0]
        ATTEMPTED.add(name)
        if RUNNING:
            owner, target = RUNNING[-1]
            holder = target if name != target and _is_executing(target) else owner
            if holder is not None:
                EDGES.setdefault(holder, set()).add(name)


def with_parents(name):
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def imported_with(name, also_later=False):
    """All modules that came with `name`, by who imported whom; `also_later`: and what their functions might import."""
    found, pending = set(), with_parents(name)
    while pending:
        current = pending.pop()
        if current in found:
            continue
        found.add(current)  # one that failed is followed too: what it imported before stays
        for target in EDGES.get(current, ()):
            pending.extend(with_parents(target))
        for target in LATER.get(current, ()) if also_later else ():
            pending.extend(with_parents(target))
    return {module for module in found if module in sys.modules}


def imported_by_statement():
    """Every name that anything was seen to import."""
    return {target for edges in (EDGES, LATER) for targets in edges.values() for target in targets}


def adopt(loaded, name):
    """Give the modules that no import brought (aliases and modules made by hand) to the package that they lie in."""
    for orphan in loaded - imported_by_statement() - {name}:
        EDGES.setdefault(orphan.rpartition(".")[0] or name, set()).add(orphan)


def try_import(name):
    """None, or what the import raised."""
    try:
        _original_import_module(name)
    except BaseException as error:
        return failure(error)
    return None


def failure(error):
    try:
        message = str(error)
    except Exception:
        message = ""
    missing = getattr(error, "name", None) if isinstance(error, ImportError) else None
    return {
        "type": type(error).__name__,
        "message": clean(message[:10000]),
        "missing": clean(missing) if type(missing) is str else "",
        "mro": [kind.__name__ for kind in type(error).__mro__],
    }


def clean(text):
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def answer(name):
    before = set(sys.modules)
    ATTEMPTED.clear()
    first = try_import(name)
    second = try_import(name) if first is not None else None
    loaded = set(sys.modules) - before
    adopt(loaded, name)
    doubtful = first is not None or bool(loaded & FAILED_BEFORE)
    FAILED_BEFORE.update(attempt for attempt in ATTEMPTED if attempt not in sys.modules)
    described = {"name": name, "first": first, "second": second, "doubtful": doubtful}
    if first is None or second is None:
        described.update(describe(name, sys.modules.get(name)))
    return described


def answer_attribute(request):
    """What `from module import name` would get of the module itself; `first` is what reading it raised."""
    name, _, attribute = request.partition(":")
    failed = try_import(name)
    module = sys.modules.get(name)
    answered = {
        "name": request,
        "doubtful": False,
        "lenient": failed is not None or type(module) is not types.ModuleType,
    }
    if failed is not None:
        return answered
    others = imported_by_statement() - imported_with(name, also_later=True)
    try:
        value = getattr(module, attribute)
        if not is_left_by_another(name + "." + attribute, value, others):
            answered["names"] = {clean(attribute): describe_name(value)}
    except BaseException as error:
        answered["first"] = answered["second"] = failure(error)
    return answered


def describe(name, module):
    try:
        namespace = dict(vars(module))
    except TypeError:  # something that is no module took its place
        namespace = {}
    is_plain = type(module) is types.ModuleType
    path = namespace.get("__path__")
    try:
        path = [clean(entry) for entry in path if type(entry) is str] if path is not None else []
    except Exception:
        path = []
    file = namespace.get("__file__")
    exported = namespace.get("__all__")
    if "__getattr__" in namespace and name.partition(".")[0] in getattr(sys, "stdlib_module_names", ()):
        namespace.update(lazy_names(module, namespace, exported))
    names = {}
    others = imported_by_statement() - imported_with(name, also_later=True)
    for key, value in namespace.items():
        if type(key) is str and not is_left_by_another(name + "." + key, value, others):
            try:
                names[clean(key)] = describe_name(value)
            except Exception:
                names[clean(key)] = {"kind": "object"}
    return {
        "file": clean(file) if type(file) is str else "",
        "is_package": "__path__" in namespace,
        "path": path,
        "names": names,
        "all": [clean(item) for item in exported if type(item) is str] if isinstance(exported, (list, tuple)) else None,
        "lenient": not is_plain or "__getattr__" in namespace,
        "imported": [clean(other) for other in sorted(imported_with(name))],
    }


def lazy_names(module, namespace, exported):
    """What a standard module exports and makes on demand: `unittest.IsolatedAsyncioTestCase`."""
    found = {}
    for key in exported if isinstance(exported, (list, tuple)) else ():
        if type(key) is str and key not in namespace:
            try:
                found[key] = getattr(module, key)
            except Exception:
                continue
    return found


def is_left_by_another(full, value, others):
    """Whether the attribute is a submodule that only another module's import put there."""
    return full in others and value is not None and value is sys.modules.get(full)


def dotted(kind):
    module, name = getattr(kind, "__module__", None), getattr(kind, "__qualname__", None)
    if type(name) is not str:
        name = type.__dict__["__name__"].__get__(kind) if isinstance(kind, type) else ""
    return clean(f"{module}.{name}") if type(module) is str else clean(name)


def describe_name(value):
    kind = type(value)
    if issubclass(kind, types.ModuleType):
        return {"kind": "module", "target": clean(str(types.ModuleType.__getattribute__(value, "__name__")))}
    if issubclass(kind, type):
        return {
            "kind": "class",
            "target": dotted(value),
            "type_name": dotted(kind),
            "class_": describe_class(value),
            "signature": signature_of_class(value),
        }
    if kind in (types.FunctionType, types.BuiltinFunctionType):
        return {
            "kind": "function",
            "target": dotted(value),
            "type_name": dotted(kind),
            "signature": signature_of(value),
        }
    if is_constant(value) or (kind is tuple and len(value) <= TUPLE_LIMIT and all(map(is_constant, value))):
        return {"kind": "value", "value": value, "type_name": dotted(kind)}
    return {"kind": "object", "type_name": dotted(kind)}


def is_constant(value):
    kind = type(value)
    if kind is str:
        return len(value) <= TEXT_LIMIT and clean(value) == value
    if kind is int:
        return -(2**63) <= value < 2**63
    return value is None or kind in (bool, float)


_classes = {}


def describe_class(kind):
    known = _classes.get(id(kind))
    if known is None:
        known = _classes[id(kind)] = (kind, class_facts(kind))  # the class is kept, so that its id stays its own
    return known[1]


def class_facts(kind):
    mro = type.__dict__["__mro__"].__get__(kind)
    try:
        names = sorted(clean(name) for name in dir(kind) if type(name) is str)
    except Exception:
        names = sorted({clean(name) for base in mro for name in vars(base) if type(name) is str})
    try:
        flag = getattr(kind, "__test__", None)
    except Exception:
        flag = None
    return {
        "mro": [dotted(base) for base in mro],
        "own_init": defines(mro, "__init__"),
        "own_new": defines(mro, "__new__"),
        "names": names,
        "tests": [name for name in names if name.startswith("test")],
        "metaclass": "type" if type(kind) is type else dotted(type(kind)),
        "is_enum": enum.Enum in mro,
        "test_flag": flag if type(flag) is bool else None,
    }


def defines(mro, name):
    """Whether the attribute differs from `object`'s; pytest asks just that (`hasinit`, `hasnew`)."""
    for base in mro:
        if name in vars(base):
            return base is not object and vars(base)[name] is not vars(object)[name]
    return False


def signature_of(function):
    """The parameters, defaults as `...`; "" where they cannot be trusted to bound a call."""
    if "__signature__" in getattr(function, "__dict__", {}):
        return ""
    try:
        parameters = list(inspect.signature(function, follow_wrapped=False).parameters.values())
    except (TypeError, ValueError):
        return ""
    return spell(parameters)


def signature_of_class(kind):
    """What calling the class takes, where plain `__init__` alone decides it."""
    mro = type.__dict__["__mro__"].__get__(kind)
    if type(kind) is not type or defines(mro, "__new__"):
        return ""
    for base in mro:
        if "__init__" in vars(base):
            init = vars(base)["__init__"]
            if type(init) is not types.FunctionType or "__signature__" in init.__dict__:
                return ""
            parameters = list(inspect.signature(init, follow_wrapped=False).parameters.values())
            if parameters and parameters[0].kind in (
                parameters[0].POSITIONAL_ONLY,
                parameters[0].POSITIONAL_OR_KEYWORD,
            ):
                return spell(parameters[1:])
            return ""
    return ""


def spell(parameters):
    parts = []
    star_needed = True
    for index, parameter in enumerate(parameters):
        if parameter.kind is parameter.VAR_POSITIONAL:
            parts.append("*" + parameter.name)
            star_needed = False
        elif parameter.kind is parameter.VAR_KEYWORD:
            parts.append("**" + parameter.name)
        else:
            if parameter.kind is parameter.KEYWORD_ONLY and star_needed:
                parts.append("*")
                star_needed = False
            parts.append(parameter.name + ("" if parameter.default is parameter.empty else "=..."))
            following = parameters[index + 1].kind if index + 1 < len(parameters) else None
            if parameter.kind is parameter.POSITIONAL_ONLY and following is not parameter.POSITIONAL_ONLY:
                parts.append("/")
    return "(" + ", ".join(parts) + ")"


def send(described):
    data = json.dumps(described).encode("ascii") + b"\n"
    while data:
        data = data[os.write(OUTPUT, data) :]


def leave():
    """The host is done, or was killed and can no longer tidy up after itself."""
    folder = os.path.dirname(SPEC["ini"])  # noqa: F821
    for name, remove in (("stderr", os.unlink), ("pytest.ini", os.unlink), ("empty", os.rmdir), ("", os.rmdir)):
        try:  # noqa: SIM105  # because the guest imports nothing that it need not
            remove(os.path.join(folder, name))
        except OSError:
            pass
    os._exit(0)


def serve():
    importlib.import_module = _recording_import_module
    sys.addaudithook(_note_attempt)
    pending = b""
    while True:
        received = os.read(REQUESTS, 65536)
        if not received:
            leave()
        pending += received
        while b"\n" in pending:
            line, _, pending = pending.partition(b"\n")
            request = json.loads(line)
            send(answer_attribute(request) if ":" in request else answer(request))


serve()
