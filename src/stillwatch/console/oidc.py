"""Coming in by an OpenID Connect provider: the authorization code flow with PKCE, state and nonce.

    read_oidc(file) > OidcSettings > Provider.begin > the browser goes there and comes back > Provider.finish > Came

One random value in a cookie ties the way there to the way back: state, nonce and the code's verifier are made of it, so
the server keeps nothing of who never returns. What the provider says is believed for its signature, issuer, audience,
age and nonce. See OpenID Connect Core 1.0, section 3.1, RFC 7636 and RFC 9207.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from stillwatch.console.oidc_settings import LOOPBACK, NotLetIn, OidcSettings
from stillwatch.endpoints import InTime

__all__ = ["Came", "Provider"]

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures with the provider's own key alone: neither none, nor one that our shared secret could make."""

_KEPT_SECONDS = 3600.0
_ASK_AGAIN_SECONDS = 30.0
_LEEWAY_SECONDS = 60
_OLDEST_SECONDS = 900
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Came:
    """Who came back, as the provider says.

    Attributes:
        issuer, subject: who it is, for good.
        name: what they are to be called here; empty where the provider says none.
        role: the highest that one of their groups has.
    """

    issuer: str
    subject: str
    name: str
    role: str


class Provider:
    """One provider.

    Args:
        settings: who it is, and who may come in as what.
        http: how it is asked; without one, with certificates verified and no redirects followed, anew each time.
        seconds: for each whole answer.
    """

    def __init__(self, settings: OidcSettings, http: httpx.Client | None = None, *, seconds: float = 10.0) -> None:
        self.settings = settings
        once = httpx.Limits(max_keepalive_connections=0)
        self._http = http or httpx.Client(timeout=seconds, limits=once, follow_redirects=False, trust_env=False)
        self._seconds = seconds
        self._turn, self._asking = threading.Lock(), threading.Semaphore(4)
        self._found: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._failed = (0.0, "")

    def begin(self, back: str) -> tuple[str, str]:
        """Where the browser goes, and the secret of this way there, for its cookie.

        Args:
            back: the address of ours to which it returns, as the provider knows it.

        Raises:
            NotLetIn: the provider does not answer as one.
        """
        flow = secrets.token_urlsafe(32)
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": back,
            "scope": " ".join(self.settings.scopes),
            "state": _made_of(flow, "state"),
            "nonce": _made_of(flow, "nonce"),
            "code_challenge": _plain(hashlib.sha256(_made_of(flow, "verifier").encode()).digest()),
            "code_challenge_method": "S256",
        }
        at = self._endpoint("authorization_endpoint")
        return f"{at}{'&' if urlsplit(at).query else '?'}{urlencode(asked)}", flow

    def finish(self, flow: str, query: Mapping[str, str], back: str) -> Came:
        """Who came back.

        Args:
            flow: the secret of the way there, from the browser's cookie.
            query: of the address to which the browser returned.
            back: as at the beginning.

        Raises:
            NotLetIn: something is not as it must be.
        """
        if not flow or not hmac.compare_digest(_made_of(flow, "state").encode(), query.get("state", "").encode()):
            raise NotLetIn(
                "This way back belongs to no sign-in of this browser, or took too long: sign in again.",
                "the state is none of this browser's",
            )
        if query.get("iss", self.settings.issuer) != self.settings.issuer:
            raise NotLetIn("Another provider answered than was asked: sign in again.", "iss of the answer is another's")
        if query.get("error"):
            word = query["error"][:60]
            raise NotLetIn(f"The provider let nobody in: {word}.", f"the provider says {word}")
        if not query.get("code"):
            raise NotLetIn("The provider's answer holds no code: sign in again.", "no code")
        with self._asking:
            tokens = self._trade(query["code"], _made_of(flow, "verifier"), back)
            claims = self._verified(str(tokens.get("id_token", "")), _made_of(flow, "nonce"))
            return self._who(claims, str(tokens.get("access_token", "")))

    def _trade(self, code: str, verifier: str, back: str) -> Mapping[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        ours, secret, signs = self.settings.client_id, self.settings.secret(), None
        ways = self._discovered().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_post" not in ways:
            # Encoded before, see RFC 6749, section 2.3.1; some providers do not decode it, so this comes second.
            signs = httpx.BasicAuth(*(urlencode({"": word})[1:] for word in (ours, secret)))
        else:
            form |= {"client_id": ours, **({"client_secret": secret} if secret else {})}
        return self._ask("POST", self._endpoint("token_endpoint"), data=form, auth=signs)

    def _verified(self, token: str, nonce: str) -> Mapping[str, Any]:
        claims = self._signed(token)
        now, audience = time.time(), claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        alone = len(audiences) == 1 and claims.get("azp") is None
        wrong = {
            "issuer": claims.get("iss") != self.settings.issuer,
            "audience": self.settings.client_id not in audiences,
            "authorized party": not alone and claims.get("azp") != self.settings.client_id,
            "age": not _is_number(claims.get("exp"))
            or not _is_number(claims.get("iat"))
            or claims["exp"] <= now - _LEEWAY_SECONDS
            or not now - _OLDEST_SECONDS <= claims["iat"] <= now + _LEEWAY_SECONDS,
            "nonce": not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()),
            "subject": not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255,
        }
        for what, is_wrong in wrong.items():
            if is_wrong:
                raise _unbelieved(f"{what} of the token is not as it must be")
        return claims

    def _signed(self, token: str) -> Mapping[str, Any]:
        """Claims of a token whose signature is the provider's; keys that are not known yet are asked for."""
        for fresh in (False, True):
            try:
                return dict(jwt.decode(token, self._key_set(fresh=fresh), algorithms=list(_ALGORITHMS)).claims)
            except (JoseError, ValueError, TypeError) as error:
                problem = f"{type(error).__name__}: {str(error)[:120]}"
        raise _unbelieved(f"the token's signature does not hold: {problem}")

    def _who(self, claims: Mapping[str, Any], access: str) -> Came:
        told = claims
        if any(
            self.settings.claim(claims, one) is None for one in (self.settings.name_claim, self.settings.role_claim)
        ):
            at = self._discovered().get("userinfo_endpoint")
            if at and access:
                more = self._ask("GET", self._safe(str(at)), headers={"Authorization": f"Bearer {access}"})
                if more.get("sub") != claims["sub"]:
                    raise _unbelieved("userinfo is somebody else's")
                told = {**more, **claims}
        name = self.settings.claim(told, self.settings.name_claim)
        if self.settings.name_claim == "email" and told.get("email_verified") is not True:
            raise NotLetIn("The provider has not verified your e-mail address.", "email is not verified")
        called = name.strip().casefold() if isinstance(name, str) else ""
        role = self.settings.role_of(told)
        if role is None:
            raise NotLetIn(
                "The provider knows you, but none of your groups may come into this console: ask who runs it.",
                f"no group of {called[:80] or claims['sub'][:80]} has a role",
            )
        return Came(self.settings.issuer, str(claims["sub"]), called, role)

    def _discovered(self) -> Mapping[str, Any]:
        with self._turn:
            if self._found is None or time.monotonic() - self._found[0] > _KEPT_SECONDS:
                issuer = self.settings.issuer
                found = self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != issuer:
                    raise _no_provider(f"it calls itself {str(found.get('issuer'))[:200]!r}, not {issuer!r}")
                self._found = (time.monotonic(), found)
            return self._found[1]

    def _key_set(self, *, fresh: bool) -> KeySet:
        at = self._endpoint("jwks_uri")
        with self._turn:
            age = time.monotonic() - self._keys[0] if self._keys else _KEPT_SECONDS + 1
            if self._keys is None or age > (_ASK_AGAIN_SECONDS if fresh else _KEPT_SECONDS):
                try:
                    self._keys = (time.monotonic(), KeySet.import_key_set(self._ask("GET", at)))
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    raise _no_provider(f"its keys cannot be read: {type(error).__name__}") from error
            return self._keys[1]

    def _endpoint(self, name: str) -> str:
        return self._safe(str(self._discovered().get(name, "")))

    def _safe(self, at: str) -> str:
        """An address of the provider's that nobody between reads."""
        parts = urlsplit(at)
        ours = urlsplit(self.settings.issuer)
        near = ours.scheme == "http" and parts.hostname in LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and near):
            raise _no_provider(f"it names an address without TLS: {at[:200]!r}")
        return at

    def _ask(self, method: str, at: str, **more: Any) -> Mapping[str, Any]:
        """JSON that the provider answers with; whoever does not answer is not asked again for a moment."""
        when, problem = self._failed
        if problem and time.monotonic() - when < 2:
            raise _no_provider(problem)
        try:
            with (
                InTime(self._seconds).answer() as within,
                self._http.stream(method, at, extensions=within, **more) as answer,
            ):
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > _MOST_BYTES:
                        raise _no_provider(f"{urlsplit(at).path} answers without end")
            found = json.loads(body)
        except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            self._failed = (time.monotonic(), f"{urlsplit(at).path}: {type(error).__name__}")
            raise _no_provider(self._failed[1]) from error
        if not isinstance(found, dict) or answer.status_code != 200:
            word = str(found.get("error", ""))[:60] if isinstance(found, dict) else ""
            raise _no_provider(f"{urlsplit(at).path} answers {answer.status_code} {word}".strip())
        return found


def _made_of(flow: str, what: str) -> str:
    return _plain(hashlib.sha256(f"{what} {flow}".encode()).digest())


def _plain(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unbelieved(told: str) -> NotLetIn:
    return NotLetIn("What the provider says of you cannot be believed; the console's log says why.", told)


def _no_provider(told: str) -> NotLetIn:
    return NotLetIn(
        "The provider does not answer as it must; try again in a moment, or ask who runs this console.",
        f"the provider: {told}",
    )
