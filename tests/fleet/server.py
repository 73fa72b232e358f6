# SPDX-License-Identifier: GPL-2.0-only
"""Hosts that answer scrapes, and a Prometheus that scrapes them, both on the loopback interface."""
import json
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from tally import Failure, expect
from tools import tool


class Host:
    """Serves "tdxctl metrics --http" as tdxctl-metrics.socket does: one process for each connection."""

    def __init__(self, argv):
        self.argv = [*argv, "metrics", "--http"]
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.bad = []           # what a process wrote to standard error
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                p = subprocess.run(self.argv, stdin=connection, stdout=connection, stderr=subprocess.PIPE, text=True,
                                   timeout=20, check=False)
            if p.returncode or p.stderr:
                self.bad.append(f"exit status {p.returncode}: {p.stderr}")

    def get(self):
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=20) as f:
            return f.read().decode()

    def close(self):
        self.listener.close()


class Prometheus:
    """Scrapes @addresses every second and evaluates @rules, {name of the file: text}."""

    def __init__(self, folder, addresses, rules):
        self.dir = pathlib.Path(folder)
        for name, text in rules.items():
            (self.dir / name).write_text(text)
        # JSON is YAML.
        (self.dir / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": list(rules),
            "scrape_configs": [{"job_name": "tdx", "static_configs": [{"targets": addresses}]}]}))
        self.log = self.dir / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [tool("prometheus"), f"--config.file={self.dir}/prometheus.yml", f"--storage.tsdb.path={self.dir}/data",
                 "--web.listen-address=127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.url = self.wait(self.listening, 15, "Prometheus does not listen")
        except Failure:
            self.close()
            raise

    def listening(self):
        text = self.log.read_text()
        expect(self.process.poll() is None, f"Prometheus ended: {text[-2000:]}")
        found = re.search(r'"Listening on" address=(\S+)', text)
        return f"http://{found[1]}/api/v1/" if found and "Server is ready" in text else None

    def wait(self, what, seconds, why):
        """The first result of @what() that is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            result = what()
            if result:
                return result
            time.sleep(0.2)
        raise Failure(f"{why} after {seconds} s")

    def api(self, path, **args):
        try:
            with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(args)}", timeout=20) as f:
                return json.load(f)["data"]
        except urllib.error.HTTPError as err:
            raise Failure(f"{path} {args}: {err.read().decode()}") from err

    def series(self, query, seconds=0):
        """The series of a query: (labels, last value) of each, at this moment or over the last @seconds."""
        now = time.time()
        if seconds:
            found = self.api("query_range", query=query, start=now - seconds, end=now, step=1)["result"]
            return [(s["metric"], float(s["values"][-1][1])) for s in found]
        return [(s["metric"], float(s["value"][1])) for s in self.api("query", query=query, time=now)["result"]]

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
