"""Builds the search path as `site` would, and makes sure that no file of the examined tree is ever executed.

Runs first in every child that is started with `-I -S -B` in an empty folder; `SPEC` is set by the text sent before it:
`root` (the examined tree, real path, or ""), `allowed` (folders inside it whose code may run: the environment that the
user activated), `pythonpath` (absolute entries of PYTHONPATH), `user_site` (bool), `site` (bool: add site-packages).
Standard library only, Python 3.9 syntax.
"""

import os
import site
import sys

SPEC = globals().get("SPEC", {})

REPORTED = []  # the whole search path; `sys.path` leaves out what lies inside the examined tree
SITE_PACKAGES = []
WITHHELD_PTH = []
_KNOWN = {}
_CODE = (".py", ".pyc", ".pyw", ".so", ".pyd", ".dylib", ".pth", ".egg", ".zip", ".whl", ".pyz")


class InsideExaminedTree(ImportError):
    """Code of the examined tree would have run; it is read, never executed."""


def _is_below(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def is_examined(path):
    """Whether `path`, as spelled or with its links resolved, is in the examined tree and not in an allowed folder."""
    root = SPEC["root"]
    if not root:
        return False
    known = _KNOWN.get(path)
    if known is None:
        spelled = os.path.abspath(path)
        real = os.path.realpath(spelled)
        known = any(
            _is_below(candidate, root) and not any(_is_below(candidate, folder) for folder in SPEC["allowed"])
            for candidate in (spelled, real)
        )
        _KNOWN[path] = known
    return known


def _refuse_examined_code(event, args):
    if event == "exec":
        path = getattr(args[0], "co_filename", "")
    elif event == "import":
        path = args[1]  # the file of an extension module, else None
    elif event == "open":
        path = args[0]
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str) or not path.endswith(_CODE):
            return
    else:
        return
    if path and isinstance(path, str) and not path.startswith("<") and is_examined(path):
        raise InsideExaminedTree(f"{path} lies inside the examined tree")


def add_path(entry, front=False):
    """Report `entry`; search it too unless it lies inside the examined tree."""
    if entry in REPORTED:
        return
    REPORTED.insert(0, entry) if front else REPORTED.append(entry)
    if not is_examined(entry):
        sys.path.insert(0, entry) if front else sys.path.append(entry)


def _enter_virtual_environment():
    """The prefixes whose site-packages count, as `site.venv` finds them."""
    bin_folder = os.path.dirname(os.path.abspath(sys.executable))
    prefix = os.path.dirname(bin_folder)
    for folder in (bin_folder, prefix):
        path = os.path.join(folder, "pyvenv.cfg")
        if os.path.isfile(path):
            break
    else:
        return list(site.PREFIXES), None
    system_site = True
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            key, equals, value = line.partition("=")
            if equals and key.strip().lower() == "include-system-site-packages":
                system_site = value.strip().lower() == "true"
    sys.prefix = sys.exec_prefix = prefix
    if system_site:
        return [prefix] + [other for other in site.PREFIXES if other != prefix], None
    return [prefix], False


def _site_folders():
    prefixes, user_site = _enter_virtual_environment()
    site.PREFIXES[:] = prefixes
    site.ENABLE_USER_SITE = SPEC["user_site"] if user_site is None else False
    folders = list(site.getsitepackages(prefixes))
    if site.ENABLE_USER_SITE:
        # A virtual environment's own packages come first, else the user's do (`site.main`).
        own = 1 if os.path.exists(os.path.join(prefixes[0], "pyvenv.cfg")) else 0
        folders.insert(own, site.getusersitepackages())
    return [folder for folder in dict.fromkeys(folders) if os.path.isdir(folder)]


def _add_site_folder(sitedir):
    SITE_PACKAGES.append(sitedir)
    add_path(sitedir)
    if is_examined(sitedir):
        return
    try:
        names = sorted(name for name in os.listdir(sitedir) if name.endswith(".pth") and not name.startswith("."))
    except OSError:
        return
    for name in names:
        _read_pth(sitedir, os.path.join(sitedir, name))


def _read_pth(sitedir, path):
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            lines = file.read().splitlines()
    except (OSError, ImportError):
        return
    for line in lines:
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith(("import ", "import\t")):
            if _leads_into_the_tree(line, sitedir):
                WITHHELD_PTH.append(path)
                continue
            before = list(sys.path)
            try:
                _run_pth_line(line, sitedir)
            except Exception:  # `site` prints it and drops the rest of the file
                break
            _follow_changes(before)
        else:
            entry = os.path.abspath(os.path.join(sitedir, line.rstrip()))
            if os.path.exists(entry):
                add_path(entry)


def _run_pth_line(line, sitedir):
    exec(line)  # namespace .pth files look `sitedir` up in the frame that called them


def _leads_into_the_tree(line, sitedir):
    """Whether the first module that `line` imports mentions the examined tree: the finder of an editable install."""
    module = line[7:].replace(",", " ").replace(";", " ").split()[:1]
    if not SPEC["root"] or not module:
        return False
    path = os.path.join(sitedir, module[0].split(".")[0] + ".py")
    if not os.path.isfile(path):
        return False
    if is_examined(path):
        return True
    with open(path, encoding="utf-8", errors="replace") as file:
        return SPEC["root"] in file.read()


def _follow_changes(before):
    for index, entry in enumerate(list(sys.path)):
        if entry not in before and entry not in REPORTED:
            REPORTED.insert(0, entry) if index == 0 else REPORTED.append(entry)
    sys.path[:] = [entry for entry in sys.path if not is_examined(entry)]


def build_search_path():
    """Fill `REPORTED` and `sys.path`, and do at startup what `site.main` does."""
    standard = [os.path.abspath(entry) for entry in sys.path if entry]
    # What already runs cannot be kept from running: the interpreter's own standard library.
    SPEC["allowed"] = [*SPEC["allowed"], os.path.realpath(os.path.dirname(os.__file__)), *standard]
    sys.path[:] = []
    for entry in [*SPEC["pythonpath"], *standard]:
        add_path(entry)
    if SPEC["site"]:
        folders = _site_folders()
        if SPEC["own_site"]:
            SPEC["allowed"] += folders
        _KNOWN.clear()
        sys.addaudithook(_refuse_examined_code)
        for folder in folders:
            _add_site_folder(folder)
    else:
        sys.addaudithook(_refuse_examined_code)
    site.setquit()
    site.setcopyright()
    site.sethelper()
    for name in ("sitecustomize", "usercustomize") if site.ENABLE_USER_SITE else ("sitecustomize",):
        try:  # noqa: SIM105  # because the guest imports nothing that it need not
            __import__(name)
        except Exception:
            pass
    sys.argv[:] = ["pytest"]


build_search_path()
