"""Serves GET /me for whoever shows a WalletKit access token. Needs: pip install "pyjwt[crypto]==2.15.1" """

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

GATEWAY = os.environ.get("GATEWAY_URL", "http://localhost:8787")
PROJECT_ID = os.environ.get("PROJECT_ID", "my-app")

# Keys are kept, and fetched again when a token names one that is not there: rotation needs no restart.
KEYS = jwt.PyJWKClient(f"{GATEWAY}/users/jwks/{PROJECT_ID}")


def verify_token(token: str) -> dict:
    """The claims of an access token of this project; `sub` is the user. Raises jwt.PyJWTError for every other text."""
    key = KEYS.get_signing_key_from_jwt(token)
    return jwt.decode(
        token,
        key.key,
        algorithms=["ES256"],
        issuer=f"{GATEWAY}/{PROJECT_ID}",
        audience=PROJECT_ID,
        options={"require": ["sub", "exp"]},
    )


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise jwt.InvalidTokenError
            self.answer(200, {"user": verify_token(token)["sub"]})
        except jwt.PyJWTError:
            self.answer(401, {"error": "sign in first"})

    def answer(self, status: int, body: dict) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3001"))), Handler).serve_forever()
