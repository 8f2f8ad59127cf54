"""One panel a machine: hosts that start together, end, stop and share it, and strangers on its port."""

import http.server
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request
from pathlib import Path
from unittest import mock

from fastapi import FastAPI
from rig import HERE, MAIN, RigTest, call, free_port, is_up, wait_until
from test_mount import processes_with

import gpu_status_panel as panel
from gpu_status_panel import mount

COMMAND = ["node", str(MAIN), "--interval", "250"]
HOST = """
import sys, time
import gpu_status_panel as p
url, label = sys.argv[1:3]
proxy = p.panel_app(url=url, label=label, hook=lambda: None, command=%r)
while proxy._launcher.state != "up":
    time.sleep(0.02)
print("up", flush=True)
sys.stdin.readline()
""" % (COMMAND,)


def state_of(url):
    return call(url + "api/v1/state").json()


def backends_of(url):
    return sorted(one["id"] for one in state_of(url)["state"]["backends"])


class Host:
    """A program that uses the panel, as a process of its own."""

    def __init__(self, url: str, label: str, env) -> None:
        command = [sys.executable, "-c", HOST, url, label]
        self.process = subprocess.Popen(command, cwd=HERE, env={**os.environ, **env}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def is_up(self) -> bool:
        return self.process.stdout is not None and self.process.stdout.readline() == b"up\n"

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class ShareTest(RigTest):
    def setUp(self) -> None:
        panel.WARNED.clear()
        # The token lies in the data folder, which hosts and their sidecar share.
        folder = tempfile.mkdtemp(prefix="gpu-panel-share-")
        patched = mock.patch.dict(os.environ, {"GPU_PANEL_DATA_DIR": folder})
        patched.start()
        self.addCleanup(patched.stop)
        self.data = Path(folder)

    def mounted(self, url, **options):
        """An app with the panel; its page's address and its launcher."""
        launchers = []
        made = panel.Launcher

        def remember(*args):
            launchers.append(made(*args))
            return launchers[-1]

        with mock.patch.object(panel, "Launcher", remember):
            app = mount(FastAPI(), url=url, command=COMMAND, **options)
        self.addCleanup(launchers[0].close)
        return self.serve(app).url + "/gpu/", launchers[0]

    def test_hosts_that_start_together_share_one_sidecar_whoever_ends_or_stops(self) -> None:
        env = {**self.fake().env, "GPU_PANEL_DATA_DIR": str(self.data)}
        port = free_port()
        url = f"http://127.0.0.1:{port}/"
        hosts = [Host(url, name, env) for name in ("one", "two", "three")]
        for host in hosts:
            self.addCleanup(host.close)
        self.assertTrue(all(host.is_up() for host in hosts))
        sidecars = lambda: [line for line in processes_with(str(MAIN)) if f"--port {port}" in line]  # noqa: E731
        wait_until("the losers to have ended", lambda: len(sidecars()) == 1)
        wait_until("all hooks", lambda: backends_of(url) == ["one", "three", "two"])
        self.assertEqual([path.name for path in self.data.rglob("*") if "bad" in path.name], [], "nobody's files are moved away")
        boot = state_of(url)["bootId"]

        # One of them has started it; each of two is killed, so that it was among them or may have been.
        for host in hosts[:2]:
            host.send(signal.SIGSTOP)
            self.assertEqual(call(url + "api/v1/state").status, 200, "a host that is stopped stops nobody")
            host.send(signal.SIGKILL)
        wait_until("their hooks to go", lambda: backends_of(url) == ["three"])
        self.assertEqual(state_of(url)["bootId"], boot)

        more = Host(url, "four", env)
        self.addCleanup(more.close)
        self.assertTrue(more.is_up())
        (line,) = [line for line in subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout.splitlines() if str(MAIN) in line and f"--port {port}" in line]
        os.kill(int(line.split()[0]), signal.SIGKILL)
        wait_until("another run", lambda: is_up(url) and state_of(url)["bootId"] != boot)
        wait_until("the hooks there", lambda: backends_of(url) == ["four", "three"])
        wait_until("the slower one to have ended", lambda: len(sidecars()) == 1)

        more.process.communicate(b"\n")
        hosts[2].process.communicate(b"\n")
        wait_until("the last one's end to end it", lambda: not sidecars())

    def test_a_sidecar_that_was_stopped_is_told_and_used_again_when_it_goes_on(self) -> None:
        env = self.fake().env
        with mock.patch.object(panel, "LEASE_SILENCE_S", 2.5), mock.patch.object(panel, "LOOK_PAUSE_S", 0.1), self.assertLogs("gpu_status_panel", logging.WARNING):
            page, launcher = self.mounted(f"http://127.0.0.1:{free_port()}/", env=env)
            wait_until("the panel", lambda: launcher.state == "up")
            launcher._process.send_signal(signal.SIGSTOP)
            wait_until("its silence to be noticed", lambda: launcher.state == "failed")
            self.assertIn(b"hangs, or was stopped", call(page).body)
            launcher._process.send_signal(signal.SIGCONT)
            wait_until("the panel again", lambda: call(page).status == 200)

    def test_each_page_releases_its_own_app_and_all_of_its_workers(self) -> None:
        freed = []
        url = f"http://127.0.0.1:{free_port()}/"
        env = self.fake().env
        one, first = self.mounted(url, env=env, label="one", hook=lambda: freed.append("one"), allow_release=True)
        _, worker = self.mounted(url, env=env, label="one", hook=lambda: freed.append("worker"), allow_release=True)
        two, second = self.mounted(url, env=env, label="two", hook=lambda: freed.append("two"), allow_release=True)
        wait_until("samples", lambda: is_up(url))
        wait_until("both apps", lambda: backends_of(url) == ["one", "two"])
        wait_until("all leases", lambda: {first.state, worker.state, second.state} == {"up"})
        self.assertEqual(first.backend, worker.backend)

        def release(page, body):
            answer = call(page + "api/v1/release", "POST", body)
            if answer.status == 202:
                address = f"{page}api/v1/release/{answer.json()['id']}"
                wait_until("the verdict", lambda: call(address).json()["state"] in ("done", "failed"), 60)
            return answer.status

        self.assertEqual(release(two, {"mode": "now"}), 202)
        self.assertEqual(freed, ["two"])
        self.assertEqual(release(one, {"mode": "now", "backend": "two"}), 409)
        self.assertEqual(release(one, {"mode": "now"}), 202)
        self.assertEqual(sorted(freed), ["one", "two", "worker"])
        # One that was started by hand would know them just the same, by their heartbeat.
        told = {"kind": "http", "url": first._hook.private_url, "label": "by hand", "ttl": 5}
        self.assertEqual(panel.Sidecar(url).call("POST", "api/v1/backends", told).body, {"id": "by-hand"})
        worker.close()
        first.close()
        wait_until("its hooks to go", lambda: backends_of(url) == ["by-hand", "two"])

    def test_a_stranger_on_the_port_gets_no_token_and_no_visitors(self) -> None:
        seen = []
        relayed = {}

        class Stranger(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append(f"{self.requestline}\n{self.headers}")
                answer = b'{"status":"ok","name":"stranger"}'
                if "whoami" in self.path and "to" in relayed and not relayed.get("over"):
                    # He knows another panel of the same user, and passes its proof on as his own.
                    answer = urllib.request.urlopen(relayed["to"] + self.path.lstrip("/")).read()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                seen.append(f"{self.requestline}\n{self.headers}\n{body}")
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_): ...

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        port = server.server_address[1]
        token = panel.make_token(port)
        with mock.patch.dict(os.environ, {"GPU_PANEL_PORT": str(port)}), mock.patch.object(panel, "LOOK_PAUSE_S", 0.1), self.assertLogs("gpu_status_panel", logging.WARNING):
            page, launcher = self.mounted(None, hook=lambda: None, allow_release=True)
            wait_until("the words", lambda: b"held by another program" in call(page).body)
            self.assertEqual(call(page + "api/v1/release", "POST", {"mode": "now"}).status, 503)
            real = self.sidecar(self.fake(), env={"GPU_PANEL_TOKEN": token})
            relayed["to"] = real.url
            wait_until("the other words", lambda: b"does not know this user" in call(page).body)
            with panel.job(peak_mib=100) as running:
                self.assertIsNone(running.id)
            launcher.close()
            relayed["over"] = True
        self.assertTrue(seen)
        self.assertEqual([request for request in seen if token in request], [])

    @unittest.skipUnless(sys.platform == "linux" and os.geteuid() == 0, "only root can give a socket to another user")
    def test_another_users_program_that_proves_nothing_is_named_and_not_used(self) -> None:
        asked = []

        class Stranger(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.requestline)
                answer = b'{"name":"gpu-status-panel","version":"1","bootId":"b","proof":null,"pid":1}'
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_): ...

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
        os.fchown(server.fileno(), 65534, -1)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        port = server.server_address[1]
        with mock.patch.dict(os.environ, {"GPU_PANEL_PORT": str(port)}), mock.patch.object(panel, "LOOK_PAUSE_S", 0.1), self.assertLogs("gpu_status_panel", logging.WARNING) as logs:
            page, launcher = self.mounted(None, hook=lambda: None, allow_release=True)
            wait_until("the words", lambda: b"held by a program of another user (65534)" in call(page).body)
            self.assertEqual(launcher.state, "failed")
            with panel.job(peak_mib=100) as running:
                self.assertIsNone(running.id)
        self.assertIn("jobs ask the panel of another user (65534)", "\n".join(logs.output))
        self.assertEqual([line for line in asked if "whoami" not in line and "api/v1/state" not in line], [], "told nothing")
        # Who names it has decided that it is to be used.
        self.assertIsNone(panel.Sidecar(f"http://127.0.0.1:{port}/").stranger)

    def test_a_sidecar_that_was_stopped_costs_who_asks_nothing(self) -> None:
        real = self.sidecar(self.fake())
        mine = panel.Sidecar(real.url)
        contact = panel.Contact(mine)
        self.assertTrue(contact.is_there())
        os.kill(real.process.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, real.process.pid, signal.SIGCONT)
        with self.assertLogs("gpu_status_panel", logging.WARNING), mock.patch.object(panel, "PROBE_S", 600.0), mock.patch.object(panel, "GOOD_FOR_S", 0.0):
            # Either would wait for ten minutes, had it asked.
            with self.assertRaisesRegex(panel.Unreachable, "was stopped"):
                mine.call("GET", "healthz", timeout=600.0)
            self.assertFalse(contact.is_there())
        os.kill(real.process.pid, signal.SIGCONT)
        wait_until("contact again", contact.is_there)

    def test_a_sidecar_that_has_work_is_asked_again_and_one_that_has_none_is_not(self) -> None:
        mine = panel.Sidecar(f"http://127.0.0.1:{free_port()}/")
        contact = panel.Contact(mine)
        asked = []

        def silent(timeout):
            asked.append(timeout)
            raise panel.Unreachable("no answer")

        with mock.patch.object(mine, "whoami", silent):
            with mock.patch.object(panel.Sidecar, "is_at_work", True):
                self.assertFalse(contact._probe())
            self.assertEqual(len(asked), panel.PROBES_AT_WORK)
            self.assertFalse(contact._probe())
        self.assertEqual(len(asked), panel.PROBES_AT_WORK + 1)

    def test_a_request_that_was_signed_is_taken_once_and_as_it_was_signed(self) -> None:
        real = self.sidecar(self.fake(), env={"GPU_PANEL_TOKEN": "a token of ours"})
        mine = panel.Sidecar(real.url, "a token of ours")
        path = "/api/v1/sessions"
        body = json.dumps({"label": "signed"}).encode()
        ask = lambda headers, target=path, sent=body: call(real.url.rstrip("/") + target, "POST", sent, {"content-type": "application/json", **headers}).status  # noqa: E731
        signed = mine.signature("POST", path, body)
        self.assertEqual(ask(signed, sent=body.replace(b"signed", b"forged")), 400)
        signed = mine.signature("POST", path, body)
        self.assertEqual(ask(signed), 201)
        self.assertEqual(ask(signed), 403, "a second time")
        self.assertEqual(ask(mine.signature("POST", path, body), "/api/v1/release"), 403, "for something else")
        bare = {key: value for key, value in mine.signature("POST", path).items() if key == "authorization"}
        self.assertEqual(ask(bare), 403, "without its digest")
        with mock.patch.object(panel.time, "time", lambda: 1000.0):
            self.assertEqual(ask(mine.signature("POST", path, body)), 403, "of another time")
        self.assertEqual(ask(panel.Sidecar(real.url, "another token").signature("POST", path, body)), 403)

    def test_starts_that_fail_are_tried_ever_less_often_up_to_five_minutes(self) -> None:
        made = panel.Launcher(panel.Sidecar(f"http://127.0.0.1:{free_port()}/"), ["false"], True, {}, ())
        with self.assertLogs("gpu_status_panel", logging.WARNING) as logs:
            pauses = []
            for _ in range(9):
                before = panel.time.monotonic()
                made._fail_start("no")
                pauses.append(round(made._next_start - before))
        self.assertEqual(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300])
        self.assertEqual(len(logs.output), 1, "said once")

    def test_nothing_is_asked_of_a_registry_and_the_words_tell_what_to_install(self) -> None:
        with tempfile.TemporaryDirectory() as empty:
            copied = Path(empty, "gpu_status_panel.py")
            copied.write_bytes(Path(panel.__file__).read_bytes())
            npx = Path(empty, "npx")
            npx.write_text("#!/bin/sh\necho asked > asked\n")
            npx.chmod(0o755)
            ask = "import gpu_status_panel as p\ntry: p.find_command(None)\nexcept RuntimeError as e: print(e)"
            said = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {empty!r})\n{ask}"], cwd=empty, env={"PATH": empty}, capture_output=True, text=True)
            self.assertIn('pip install "gpu-status-panel[node]"', said.stdout, said.stderr)
            self.assertFalse(Path(empty, "asked").exists())
            local = Path(empty, "node_modules", "gpu-status-panel", "dist", "server", "main.js")
            local.parent.mkdir(parents=True)
            local.write_text("")
            found = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {empty!r})\nimport gpu_status_panel as p; print(p.find_command(None)[1])"], cwd=empty, capture_output=True, text=True)
            self.assertEqual(os.path.realpath(found.stdout.strip()), os.path.realpath(local), found.stderr)


if __name__ == "__main__":
    unittest.main()
