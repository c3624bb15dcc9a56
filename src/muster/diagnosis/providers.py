"""Distributions whose name differs from the module that they provide. A small table of our own; metadata and lock
files come first."""

from __future__ import annotations

import re

PROVIDERS: dict[str, str] = {
    "AppKit": "pyobjc-framework-Cocoa", "Foundation": "pyobjc-framework-Cocoa", "Quartz": "pyobjc-framework-Quartz",
    "objc": "pyobjc-core", "Crypto": "pycryptodome", "Cryptodome": "pycryptodomex", "Levenshtein": "Levenshtein", "MySQLdb": "mysqlclient",
    "OpenGL": "PyOpenGL", "OpenSSL": "pyOpenSSL", "PIL": "Pillow", "PyPDF2": "PyPDF2", "PyQt5": "PyQt5",
    "PyQt6": "PyQt6", "Xlib": "python-xlib", "absl": "absl-py", "airflow": "apache-airflow", "allure": "allure-pytest",
    "allure_commons": "allure-python-commons", "antlr4": "antlr4-python3-runtime",
    "apiclient": "google-api-python-client",
    "apscheduler": "APScheduler", "attr": "attrs", "autobahn": "autobahn", "azure.core": "azure-core",
    "azure.identity": "azure-identity", "azure.keyvault": "azure-keyvault", "azure.storage.blob": "azure-storage-blob",
    "backports.zoneinfo": "backports.zoneinfo", "bs4": "beautifulsoup4", "bson": "pymongo", "cairo": "pycairo",
    "cattr": "cattrs", "cattrs": "cattrs", "clickhouse_driver": "clickhouse-driver",
    "clickhouse_connect": "clickhouse-connect",
    "confluent_kafka": "confluent-kafka", "curl_cffi": "curl_cffi", "cv2": "opencv-python",
    "dash_bootstrap_components": "dash-bootstrap-components",
    "dateparser": "dateparser", "dateutil": "python-dateutil", "debug_toolbar": "django-debug-toolbar",
    "decouple": "python-decouple",
    "discord": "discord.py", "django_filters": "django-filter", "django_redis": "django-redis", "dns": "dnspython",
    "docker": "docker", "docutils": "docutils", "docx": "python-docx", "dotenv": "python-dotenv",
    "dragonfly": "dragonfly2",
    "elasticsearch_dsl": "elasticsearch-dsl", "environ": "django-environ", "exceptiongroup": "exceptiongroup",
    "factory": "factory-boy", "faiss": "faiss-cpu", "fake_useragent": "fake-useragent", "faker": "Faker",
    "fitz": "PyMuPDF",
    "flask": "Flask", "flask_cors": "Flask-Cors", "flask_login": "Flask-Login", "flask_migrate": "Flask-Migrate",
    "flask_sqlalchemy": "Flask-SQLAlchemy", "flask_wtf": "Flask-WTF", "freezegun": "freezegun",
    "fuzzywuzzy": "fuzzywuzzy",
    "gi": "PyGObject", "git": "GitPython", "github": "PyGithub", "gitlab": "python-gitlab",
    "google.api_core": "google-api-core",
    "google.auth": "google-auth", "google.cloud.aiplatform": "google-cloud-aiplatform",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.firestore": "google-cloud-firestore", "google.cloud.logging": "google-cloud-logging",
    "google.cloud.monitoring_v3": "google-cloud-monitoring", "google.cloud.pubsub": "google-cloud-pubsub",
    "google.cloud.pubsub_v1": "google-cloud-pubsub", "google.cloud.run_v2": "google-cloud-run",
    "google.cloud.secretmanager": "google-cloud-secret-manager", "google.cloud.spanner": "google-cloud-spanner",
    "google.cloud.storage": "google-cloud-storage", "google.cloud.tasks_v2": "google-cloud-tasks",
    "google.cloud.trace_v2": "google-cloud-trace", "google.cloud.vision": "google-cloud-vision",
    "google.generativeai": "google-generativeai",
    "google.genai": "google-genai", "google.oauth2": "google-auth", "google.protobuf": "protobuf",
    "google_auth_oauthlib": "google-auth-oauthlib", "googleapiclient": "google-api-python-client",
    "graphql": "graphql-core",
    "grpc": "grpcio", "grpc_health": "grpcio-health-checking", "grpc_status": "grpcio-status",
    "grpc_tools": "grpcio-tools",
    "haystack": "haystack-ai", "hydra": "hydra-core", "ibm_db": "ibm-db", "igraph": "igraph",
    "imblearn": "imbalanced-learn",
    "impala": "impyla", "influxdb_client": "influxdb-client", "jenkins": "python-jenkins", "jose": "python-jose",
    "jwt": "PyJWT",
    "keycloak": "python-keycloak", "kafka": "kafka-python", "kubernetes": "kubernetes", "ldap": "python-ldap",
    "ldap3": "ldap3",
    "lxml": "lxml", "magic": "python-magic", "markdown": "Markdown", "markupsafe": "MarkupSafe",
    "memcache": "python-memcached",
    "mpl_toolkits": "matplotlib", "multipart": "python-multipart", "mysql.connector": "mysql-connector-python",
    "nacl": "PyNaCl",
    "newrelic": "newrelic", "opentelemetry": "opentelemetry-api",
    "opentelemetry.exporter.otlp": "opentelemetry-exporter-otlp",
    "opentelemetry.instrumentation": "opentelemetry-instrumentation",
    "opentelemetry.instrumentation.fastapi": "opentelemetry-instrumentation-fastapi",
    "opentelemetry.sdk": "opentelemetry-sdk", "osgeo": "GDAL", "pptx": "python-pptx", "past": "future",
    "pgvector": "pgvector",
    "pkg_resources": "setuptools", "playwright": "playwright", "prometheus_client": "prometheus-client",
    "psycopg": "psycopg",
    "psycopg2": "psycopg2-binary", "psycopg_pool": "psycopg-pool", "pwiz": "peewee",
    "pyasn1_modules": "pyasn1-modules", "pymysql": "PyMySQL",
    "pysnmp": "pysnmp", "pytest_asyncio": "pytest-asyncio", "pytest_bdd": "pytest-bdd",
    "pytest_benchmark": "pytest-benchmark",
    "pytest_cov": "pytest-cov", "pytest_django": "pytest-django", "pytest_httpserver": "pytest-httpserver",
    "pytest_httpx": "pytest-httpx",
    "pytest_lazyfixture": "pytest-lazy-fixture", "pytest_mock": "pytest-mock", "pythoncom": "pywin32",
    "pywintypes": "pywin32",
    "qrcode": "qrcode", "quickfix": "quickfix", "rapidjson": "python-rapidjson", "redis": "redis",
    "redis_lock": "python-redis-lock",
    "requests_mock": "requests-mock", "requests_oauthlib": "requests-oauthlib", "rest_framework": "djangorestframework",
    "rest_framework_simplejwt": "djangorestframework-simplejwt", "ruamel.yaml": "ruamel.yaml",
    "ruamel": "ruamel.yaml", "saml2": "pysaml2",
    "scapy": "scapy", "sentry_sdk": "sentry-sdk", "serial": "pyserial", "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slack": "slackclient", "slack_bolt": "slack-bolt", "slack_sdk": "slack-sdk", "slugify": "python-slugify",
    "snowflake.connector": "snowflake-connector-python",
    "snowflake": "snowflake-connector-python", "social_django": "social-auth-app-django",
    "socketio": "python-socketio", "engineio": "python-engineio",
    "socks": "PySocks", "speech_recognition": "SpeechRecognition", "sqlalchemy": "SQLAlchemy",
    "sqlalchemy_utils": "SQLAlchemy-Utils",
    "starlette": "starlette", "stdnum": "python-stdnum", "swagger_client": "swagger-client",
    "telegram": "python-telegram-bot",
    "tensorflow": "tensorflow", "tlz": "toolz", "toml": "toml", "tls_client": "tls-client", "umap": "umap-learn",
    "usb": "pyusb",
    "vertexai": "google-cloud-aiplatform", "vlc": "python-vlc", "wand": "Wand", "websocket": "websocket-client",
    "websockets": "websockets",
    "werkzeug": "Werkzeug", "whois": "python-whois", "win32api": "pywin32", "win32com": "pywin32",
    "win32con": "pywin32", "wx": "wxPython",
    "xgboost": "xgboost", "xlsxwriter": "XlsxWriter", "yaml": "PyYAML", "zmq": "pyzmq",
    "zope.interface": "zope.interface", "jinja2": "Jinja2",
    "pydantic_settings": "pydantic-settings", "email_validator": "email-validator",
    "typing_extensions": "typing-extensions",
    "langchain_core": "langchain-core", "langchain_openai": "langchain-openai",
    "sentence_transformers": "sentence-transformers", "llama_index": "llama-index",
    "torchvision": "torchvision", "pytorch_lightning": "pytorch-lightning", "tensorflow_hub": "tensorflow-hub",
    "tf_keras": "tf-keras",
    "testing.postgresql": "testing.postgresql", "testcontainers": "testcontainers", "moto": "moto", "boto": "boto",
    "botocore": "botocore",
    "fakeredis": "fakeredis", "pact": "pact-python", "ddtrace": "ddtrace", "tree_sitter": "tree-sitter",
    "pyarrow": "pyarrow",
    "pika": "pika", "nats": "nats-py", "aiokafka": "aiokafka", "jsonrpcclient": "jsonrpcclient", "unidiff": "unidiff",
    "parameterized": "parameterized", "nose": "nose", "mock": "mock", "six": "six", "simplejson": "simplejson",
}  # fmt: skip
"""Top-level or dotted module to distribution; equal names stand here where a reader would doubt that it is a
distribution at all."""

VARIANTS: tuple[tuple[str, ...], ...] = (
    ("psycopg2-binary", "psycopg2"),
    ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"),
    ("faiss-cpu", "faiss-gpu"),
    ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tensorflow-gpu"),
    ("python-magic", "python-magic-bin"),
    ("pycryptodome", "pycrypto"),
    ("PyJWT", "jwt"),
    ("kafka-python", "kafka-python-ng"),
    ("slackclient", "slack-sdk"),
    ("Levenshtein", "python-Levenshtein"),
    ("Pillow", "pillow-simd"),
)  # fmt: skip
"""Distributions that provide the same modules, the usual one first: the one that the project declares is meant."""

FAMILIES = frozenset(("google.cloud", "azure.mgmt", "azure.storage", "opentelemetry.instrumentation"))
"""Namespaces whose distributions are all named after the module, dots as dashes (`google-cloud-compute`)."""

_API_VERSION = re.compile(r"_v\d+\w*$")

VERSION_NOTES: dict[tuple[str, str], str] = {
    ("pydantic", "BaseSettings"): "pydantic 2.0 moved it to the distribution pydantic-settings",
    ("pydantic.error_wrappers", "ValidationError"): "pydantic 2.0 has it in pydantic itself",
    ("jinja2", "Markup"): "Jinja2 3.1 removed it; markupsafe has it",
    ("jinja2", "escape"): "Jinja2 3.1 removed it; markupsafe has it",
    ("jinja2", "contextfilter"): "Jinja2 3.1 removed it; pass_context replaces it",
    ("flask", "escape"): "Flask 2.3 removed it; markupsafe has it",
    ("flask", "Markup"): "Flask 2.3 removed it; markupsafe has it",
    ("werkzeug.urls", "url_quote"): "Werkzeug 3.0 removed it; urllib.parse.quote replaces it",
    ("werkzeug", "url_quote"): "Werkzeug 2.1 removed it; urllib.parse.quote replaces it",
    ("sqlalchemy.ext.declarative", "AsyncAttrs"): "SQLAlchemy 2.0 has it in sqlalchemy.ext.asyncio",
    ("sqlalchemy.ext.asyncio", "async_sessionmaker"): "SQLAlchemy 2.0 brought it",
    ("sqlalchemy.orm", "DeclarativeBase"): "SQLAlchemy 2.0 brought it",
    ("sqlalchemy.orm", "mapped_column"): "SQLAlchemy 2.0 brought it",
    ("numpy", "float"): "NumPy 1.24 removed it; the builtin float replaces it",
    ("numpy", "bool"): "NumPy 1.24 removed it and 2.0 brought another one",
    ("sklearn.externals", "joblib"): "scikit-learn 0.23 removed it; the distribution joblib replaces it",
    ("django.utils.encoding", "force_text"): "Django 4.0 removed it; force_str replaces it",
    ("django.utils.translation", "ugettext_lazy"): "Django 4.0 removed it; gettext_lazy replaces it",
    ("django.conf.urls", "url"): "Django 4.0 removed it; django.urls.re_path replaces it",
    ("pytest_asyncio", "is_async_test"): "pytest-asyncio 0.23 brought it",
    ("langchain.llms", "OpenAI"): "LangChain 0.2 moved it to the distribution langchain-openai",
}
"""`(module, name)` of installed distributions to what is known offline about the versions that have it."""


def provider_of(module: str) -> str | None:
    """The distribution that the table gives for `module`, by the longest dotted name that it knows."""
    parts = module.split(".")
    names = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    known = next((PROVIDERS[name] for name in names if name in PROVIDERS), None)
    if known is None and len(parts) > 2 and ".".join(parts[:2]) in FAMILIES:
        return "-".join([*parts[:2], _API_VERSION.sub("", parts[2]).replace("_", "-")])
    return known


def variants_of(provider: str) -> tuple[str, ...]:
    """`provider` and the distributions that provide the same modules."""
    return next((group for group in VARIANTS if provider in group), (provider,))
