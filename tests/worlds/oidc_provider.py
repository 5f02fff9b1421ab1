"""An OpenID Connect provider on loopback, of Authlib's server: codes, PKCE and nonces are held to as it holds to them.

Whoever is ``present`` is let in without being asked. ``twist`` changes what an ID token says before it is signed,
``sign`` how: what a provider that was broken into, or another one, might send.
"""

# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfo
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "console-of-tests", "a-secret-of-tests-only"


@cache
def _first_key() -> RSAKey:
    """One for all providers of a process: none changes it, and to find its primes takes longer than most tests."""
    return RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


@dataclass
class Client(ClientMixin):
    back: str

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self.back

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return uri == self.back

    def check_client_secret(self, secret: str) -> bool:
        return secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    code: str
    user: dict[str, Any]
    redirect_uri: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    scope: str = "openid profile email"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class FakeProvider:
    """What a test decides of it, and what it saw."""

    issuer: str = ""
    back: str = ""
    present: dict[str, Any] | None = None
    key: RSAKey = field(default_factory=_first_key)
    published: list[RSAKey] | None = None
    twist: Callable[[dict[str, Any]], object] = lambda claims: None
    sign: Callable[[dict[str, Any]], str] | None = None
    discovery: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    traded: int = 0
    asked_for_keys: int = 0

    def id_token(self, user: dict[str, Any], nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **user}
        self.twist(claims)
        if self.sign is not None:
            return self.sign(claims)
        signed: str = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return signed


def _grants(provider: FakeProvider) -> tuple[type, list[Any]]:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

        def save_authorization_code(self, code: str, request: Any) -> None:
            said = request.payload.data
            provider.codes[code] = Code(
                code,
                dict(provider.present or {}),
                request.payload.redirect_uri,
                said["nonce"],
                said.get("code_challenge", ""),
                said.get("code_challenge_method", ""),
            )

        def query_authorization_code(self, code: str, client: Any) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, code: Code) -> None:
            del provider.codes[code.code]

        def authenticate_user(self, code: Code) -> dict[str, Any]:
            return code.user

    class Tokens(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return any(one.nonce == nonce for one in provider.codes.values())

        def get_jwt_config(self, grant: Any, client: Any = None) -> dict[str, Any]:
            return {"key": provider.key, "alg": "RS256", "iss": provider.issuer, "exp": 300}

        def generate_user_info(self, user: Any, scope: str) -> UserInfo:
            return UserInfo(user)

        def process_token(self, grant: Any, response: Any) -> dict[str, Any]:
            code = grant.request.authorization_code
            return {"id_token": provider.id_token(code.user, code.nonce)}

        def __call__(self, grant: Any) -> None:
            grant.register_hook(
                "after_validate_authorization_request_payload", self.validate_openid_authorization_request
            )
            grant.register_hook("after_create_token_response", lambda grant, answer: _add(self, grant, answer))

    return Grant, [Tokens(require_nonce=True), CodeChallenge(required=True)]


def _add(tokens: Any, grant: Any, answer: Any) -> None:
    answer[1].update(tokens.process_token(grant, answer))


def _app(provider: FakeProvider) -> Flask:
    app = Flask("provider")
    server = AuthorizationServer(
        app, query_client=lambda name: Client(provider.back) if name == CLIENT else None, save_token=lambda *_: None
    )
    server.register_grant(*_grants(provider))

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        told = {
            "issuer": provider.issuer,
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{provider.issuer}/token",
            "userinfo_endpoint": f"{provider.issuer}/userinfo",
            "jwks_uri": f"{provider.issuer}/keys",
        }
        return jsonify({**told, **provider.discovery})

    @app.get("/keys")
    def keys() -> Response:
        provider.asked_for_keys += 1
        return jsonify({"keys": [one.as_dict(private=False) for one in provider.published or [provider.key]]})

    @app.get("/userinfo")
    def userinfo() -> Response:
        return jsonify(provider.userinfo)

    @app.get("/authorize")
    def authorize() -> Any:
        try:
            grant = server.get_consent_grant(end_user=provider.present)
        except OAuth2Error as error:
            return server.handle_error_response(request, error)
        return server.create_authorization_response(grant_user=provider.present, grant=grant)

    @app.post("/token")
    def token() -> Any:
        provider.traded += 1
        return server.create_token_response()

    return app


@contextmanager
def running_provider() -> Iterator[FakeProvider]:
    """A provider that serves for as long as the block runs."""
    provider = FakeProvider()
    server = make_server("127.0.0.1", 0, _app(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(timeout=300)
        server.server_close()
