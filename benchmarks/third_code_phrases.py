"""What developers ask of a model: error messages, code words and the forms that their questions have."""

ERRORS = (
    "TypeError: Cannot read properties of undefined (reading '{w}')", "KeyError: '{w}'",
    "ModuleNotFoundError: No module named '{w}'", "error: cannot borrow `{w}` as mutable more than once",
    "ImportError: cannot import name '{w}'", "AttributeError: 'NoneType' object has no attribute '{w}'",
    "ERROR 1064 (42000) near '{w}'", "fatal: refusing to merge unrelated histories",
    "panic: runtime error: index out of range [{n}]", "NullReferenceException at {w}.cs:{m}",
    "npm ERR! code ERESOLVE {w}", "psycopg2.errors.UndefinedColumn: column \"{w}\" does not exist",
    "CORS policy: No 'Access-Control-Allow-Origin' header ({w})", "exit status {n}: {w} not found",
    "undefined reference to `{w}'", "ValueError: could not convert string to float: '{w}'",
)  # fmt: skip
CODE_WORDS = (
    "user", "items", "config", "token", "session", "data", "price", "order_id", "handler", "client", "cart", "email",
    "amount", "index", "payload", "name", "state", "rows", "invoice", "auth", "device", "path", "buffer", "parser",
    "worker", "query", "schema", "result", "fetchAll", "login", "image", "node",
)  # fmt: skip
DEVELOPER_FORMS = (
    "{err}\n\n{q}", "getting this: {err}", "why do i get {err} when {x}", "refactor this to use async\n\n{code}",
    "add type hints\n\n{code}", "what does this do?\n\n{code}", "there's a bug here, fix it:\n{code}",
    "write unit tests for this\n\n{code}", "{code}\n\nmake it faster", "convert this to {pl}:\n\n{code}",
    "how to {x} in {pl}", "is there a {pl} library for {x}", "explain {x}", "code review please:\n```\n{code}\n```",
    "add logging to `{w}` and handle the {w} case", "rename {w} to {w}_v{n} everywhere",
    "dont change the api, only {w}", "implement {w}() so that {x}", "docstring for this:\n{code}",
    "sql: get the top {n} {w} per {w}", "regex that matches {w} followed by {n} digits",
    "commit message for: changed {w}, fixed {w}",
)  # fmt: skip
PROGRAMMING_LANGUAGES = (
    "python", "typescript", "go", "rust", "java", "kotlin", "c#", "php", "ruby", "bash", "c++", "swift", "scala",
    "sql",
)  # fmt: skip
