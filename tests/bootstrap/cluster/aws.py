"""AWS's side of the network: an S3 and Secrets Manager double, and the instances' metadata."""

import json
import socket
import subprocess
import threading
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from command import TOOLS_VENV, wait_until
from network import GATEWAY, METADATA

PORT = 5000
ENDPOINT = f"http://{GATEWAY}:{PORT}"

# What a process needs to reach the double instead of AWS.
ENVIRONMENT = {"AWS_ENDPOINT_URL": ENDPOINT, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def start(log):
    """Starts the double of AWS; it ends with this test's processes."""
    command = [TOOLS_VENV / "bin" / "moto_server", "-H", GATEWAY, "-p", str(PORT)]
    with log.open("wb") as file:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    wait_until(lambda: answers(GATEWAY, PORT), 60, "the double of AWS answers")
    return server


def put(url, content):
    """Puts an object, or creates a bucket, `s3://BUCKET` or `s3://BUCKET/KEY`; the double asks nobody who they are."""
    headers = {"Content-Type": "application/octet-stream"}  # or it is read as a form
    request = urllib.request.Request(f"{ENDPOINT}/{url.removeprefix('s3://')}", content, headers, method="PUT")
    urllib.request.urlopen(request, timeout=60).close()


def create_secret(name, text):
    """Creates a secret."""
    scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0"
    headers = {"X-Amz-Target": "secretsmanager.CreateSecret", "Content-Type": "application/x-amz-json-1.1", "Authorization": scope}
    asked = json.dumps({"Name": name, "SecretString": text, "ClientRequestToken": str(uuid.uuid4())}).encode()
    urllib.request.urlopen(urllib.request.Request(ENDPOINT, asked, headers), timeout=60).close()


def answers(host, port):
    """Returns whether somebody listens."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


class Metadata:
    """The metadata service of all instances (IMDSv2 only): `entries` holds what the one with an address is told."""

    def __init__(self):
        self.entries = {}
        entries = self.entries

        class Handler(BaseHTTPRequestHandler):
            """Answers one instance."""

            def do_PUT(self):
                """Gives out a token."""
                self.answer(200 if "X-aws-ec2-metadata-token-ttl-seconds" in self.headers else 400, "token")

            def do_GET(self):
                """Answers with an entry, only to who has a token."""
                text = entries.get(self.client_address[0], {}).get(self.path.removeprefix("/latest/meta-data/"))
                if self.headers.get("X-aws-ec2-metadata-token") != "token":
                    self.answer(401, "")
                else:
                    self.answer(404 if text is None else 200, text or "")

            def answer(self, status, text):
                """Sends a whole answer."""
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                """Says nothing."""

        server = ThreadingHTTPServer((METADATA, 80), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
