"""What the page on this machine lets in, and what it leaves behind."""

import json
import os
import re
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from command_line import run
from example_tables import clean_table
from serving.served import Served

pytestmark = pytest.mark.xdist_group("served")


@pytest.fixture(scope="module")
def demo(repository):
    return (repository / "datasets" / "demo" / "spectra.csv").read_bytes()


@pytest.fixture(scope="module", autouse=True)
def left(served, demo):
    """The address of a page that went, and the folder of its files: the other tests run until they are removed."""
    drop = served.read({"spectra.csv": demo})
    folder = max(served.kept(), key=lambda path: path.stat().st_ctime_ns).parent
    served.ask("POST", f"{drop}/left")
    return drop, folder


def test_only_this_machine_is_listened_to(served):
    listening = [
        each for each in psutil.Process(served.process.pid).net_connections() if each.status == "LISTEN"
    ]
    assert [each.laddr.ip for each in listening] == ["127.0.0.1"]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1.evil.example:{port}", "0.0.0.0:{port}", "[::1]:{port}", "localhost:1"],
)  # fmt: skip
def test_another_host_is_refused(served, host):
    answer = served.ask("GET", f"{served.base}/", Host=host.format(port=served.port))
    assert answer.status == 403
    assert "this machine alone" in answer.text


def test_its_own_names_are_let_in(served):
    for name in ("127.0.0.1", "localhost"):
        assert served.ask("GET", f"{served.base}/", Host=f"{name}:{served.port}").status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"]
)
def test_another_page_is_refused(served, origin):
    for method, path in (("POST", "/drops"), ("GET", "/")):
        answer = served.ask(method, f"{served.base}{path}", Origin=origin.format(port=served.port))
        assert answer.status == 403


def test_its_own_page_is_let_in(served):
    answer = served.ask("POST", f"{served.base}/drops", Origin=f"http://127.0.0.1:{served.port}")
    assert answer.status == 200
    served.ask("POST", json.loads(answer.text)["url"] + "/remove")


@pytest.mark.parametrize("path", ["/", "/drops", "/style.css", "/{wrong}/", "/{half}/", "//"])
def test_nothing_is_shown_without_the_token(served, path):
    wrong, half = "x" * (len(served.base) - 1), served.base[1:10]
    assert served.ask("GET", path.format(wrong=wrong, half=half)).status == 404


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%252e%252e/etc/passwd", "/..%5c..%5cetc%5cpasswd", "//etc/passwd", "/etc/passwd%00.css",
     "/drops/../../../etc/passwd", "/drops/%2e%2e", "/drops/{drop}/runs/1/files/..%2f..%2fspectra.csv", "/drops/{drop}/runs/1/files/%2fetc%2fpasswd",
     "/drops/{drop}/runs/1/files/spectra.csv", "/drops/{drop}/runs/1/files/report.json/x", "/drops/{drop}/runs/-1/files/report.json"],
)  # fmt: skip
def test_no_path_from_the_client_is_opened(served, path):
    drop = served.send({}).rpartition("/")[2]
    answer = served.ask("GET", served.base + path.format(drop=drop))
    assert answer.status == 404
    assert "root:" not in answer.text
    served.ask("POST", f"{served.base}/drops/{drop}/remove")


def test_every_answer_says_what_a_browser_may_do(served):
    headers = {name.lower(): value for name, value in served.ask("GET", f"{served.base}/").headers.items()}
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert not re.findall(r"<script(?! src=)|style=|onclick|onload", served.get(f"{served.base}/"))


@pytest.mark.parametrize(
    "name",
    [
        "../../x",
        "/etc/passwd",
        "CON",
        "x" * 300,
        "a\\..\\b",
        ".hidden",
        "-o",
        "a\0b",
        "a/b/c/d/e/f",
        "\u202eevil",
        "",
    ],
)
def test_a_name_that_is_no_plain_name_is_replaced(served, demo, name):
    drop = served.send({name: demo})
    newest = max(served.kept(), key=lambda path: path.stat().st_ctime_ns)
    assert (newest.parent.name, newest.name) == ("data", "file-1")
    served.ask("POST", f"{drop}/remove")


def test_which_names_were_replaced_is_shown(served, demo):
    drop = served.read({"../<b>": demo})
    page = served.get(drop)
    assert "were replaced: <bdi>../&lt;b&gt;</bdi> by file-1" in page
    assert "36</span>spectra" in page
    served.ask("POST", f"{drop}/remove")


def test_an_upload_that_says_it_is_too_large_is_refused_before_it_comes(served):
    drop = served.send({})
    with socket.create_connection(("127.0.0.1", served.port)) as line:
        head = f"PUT {drop}/files?name=x HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nContent-Length: {2 * 10**9}\r\n\r\n"
        line.sendall(head.encode())
        answer = line.recv(65_536).decode()
    assert answer.startswith("HTTP/1.1 413")
    assert not [path for path in served.kept() if path.name == "x"]
    served.ask("POST", f"{drop}/remove")


def test_clients_that_go_in_the_middle_of_an_upload_leave_no_file_and_no_name_taken(served, demo):
    drop = served.send({})
    head = f"PUT {drop}/files?name=s.csv HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
    for framing in (
        f"Content-Length: {len(demo)}\r\n\r\n{'1,' * 5_000}",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ):
        with socket.create_connection(("127.0.0.1", served.port)) as line:
            line.sendall((head + framing).encode())
        end = time.monotonic() + 10
        while served.ask("PUT", f"{drop}/files?name=s.csv", demo).status == 409:  # while it is noticed
            assert time.monotonic() < end
            time.sleep(0.05)
        assert [path.stat().st_size for path in served.kept() if path.name == "s.csv"] == [len(demo)]
        served.ask("POST", f"{drop}/remove")
        drop = served.send({})
        head = f"PUT {drop}/files?name=s.csv HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n"
    served.ask("POST", f"{drop}/remove")


def test_of_several_hosts_or_origins_one_that_is_foreign_is_enough_to_be_refused(served):
    own, evil = f"127.0.0.1:{served.port}", "evil.example"
    for headers, status in (
        (f"Host: {own}\r\nHost: {evil}", 400),
        (f"Host: {evil}\r\nX-Forwarded-Host: {own}", 403),
        (f"Host: {own}\r\nOrigin: http://{own}\r\nOrigin: http://{evil}", 403),
        (f"Host: {own}\r\nOrigin:", 403),
    ):
        with socket.create_connection(("127.0.0.1", served.port)) as line:
            line.sendall(
                f"POST {served.base}/drops HTTP/1.1\r\n{headers}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            assert line.recv(65_536).split(b" ")[1] == str(status).encode(), headers


def test_a_file_of_one_name_twice_is_refused(served):
    drop = served.send({"a.csv": b"1"})
    answer = served.ask("PUT", f"{drop}/files?name=A.CSV", b"2")
    assert answer.status == 409
    assert "two files of this name" in answer.text
    served.ask("POST", f"{drop}/remove")


def test_no_file_at_all_is_refused_in_words(served):
    answer = served.ask("POST", f"{served.send({})}/read")
    assert answer.status == 400
    assert "no file came" in answer.text


def test_the_page_gives_what_the_command_that_it_shows_gives(served, demo, tmp_path):
    drop = served.read({"spectra.csv": demo})
    served.run(drop, "predict")
    assert "spectra-dl predict spectra.csv --out=results" in served.get(drop)
    (tmp_path / "spectra.csv").write_bytes(demo)
    run("predict", "spectra.csv", "--out=results", folder=tmp_path, OMP_NUM_THREADS="1")
    for name in ("predictions.csv", "patients.csv"):
        answer = served.ask("GET", f"{drop}/runs/1/files/{name}")
        assert answer.body == (tmp_path / "results" / name).read_bytes()
    report = json.loads(served.ask("GET", f"{drop}/runs/1/files/report.json").text)
    assert report["command"] == ["spectra-dl", "predict", "spectra.csv", "--out=results"]
    served.ask("POST", f"{drop}/remove")


def test_no_model_is_taken_from_the_browser(served, demo):
    drop = served.read({"spectra.csv": demo})
    served.run(drop, "predict", model="evil.pt", model_path="/etc/passwd", out="/tmp/x")
    page = served.get(drop)
    assert "--model" not in page
    assert "/tmp/x" not in page
    served.ask("POST", f"{drop}/remove")


def test_ids_are_shown_as_text(served):
    table = clean_table()
    rows = [[f"<img src=x onerror=alert({at})>", *row[1:]] for at, row in enumerate(table.rows)]
    text = "".join(",".join(row) + "\n" for row in [table.header, *rows])
    drop = served.read({"<b>.csv": text.encode()})
    page = served.get(drop)
    assert "<img" not in page
    assert "&lt;img" in page
    served.ask("POST", f"{drop}/remove")


def test_twenty_uploads_at_a_time_are_not_mixed_up(served):
    table = clean_table()

    def read(number):
        rows = [[f"N{number}-{row[0]}", *row[1:]] for row in table.rows[: 6 + number]]
        drop = served.read({"s.csv": "".join(",".join(row) + "\n" for row in [table.header, *rows]).encode()})
        return drop, served.get(drop)

    with ThreadPoolExecutor(20) as pool:
        pages = list(pool.map(read, range(20)))
    for number, (drop, page) in enumerate(pages):
        assert f"{6 + number}</span>spectra" in page
        assert f"N{number}-S00_0" in page
        assert not any(f"N{other}-S" in page for other in range(20) if other != number)
        served.ask("POST", f"{drop}/remove")


def test_one_job_is_done_at_a_time_and_others_wait_until_it_is_cancelled(served, demo):
    first, second = (served.read({"spectra.csv": demo}) for _ in range(2))
    served.start_long(first)
    assert served.ask("POST", f"{second}/runs", "kind=predict").status == 303
    assert "Waiting: one job is done at a time, and 1 job is before this one." in served.get(second)
    assert served.ask("POST", f"{first}/runs", "kind=predict").status == 409
    served.ask("POST", f"{first}/cancel")
    served.wait(second)
    assert "Cancelled" in served.get(first)
    assert "patients.csv" in served.get(second)
    for drop in (first, second):
        served.ask("POST", f"{drop}/remove")


def test_a_storm_of_runs_and_cancels_leaves_one_job_at_a_time_and_a_server_that_works(served, demo):
    drop = served.read({"spectra.csv": demo})

    def ask(number):
        kind = ("runs", "kind=audit") if number % 3 == 0 else ("cancel", "")
        return served.ask("POST", f"{drop}/{kind[0]}", kind[1]).status

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(ask, range(36))) <= {303, 409}
    served.ask("POST", f"{drop}/cancel")
    served.wait(drop)
    served.run(drop, "predict")
    assert "patients.csv" in served.get(drop)
    served.ask("POST", f"{drop}/remove")


def test_a_server_that_is_asked_to_end_leaves_nothing(tmp_path, demo):
    with Served(tmp_path) as server:
        drop = server.read({"spectra.csv": demo})
        server.start_long(drop)
        time.sleep(0.5)
        children = psutil.Process(server.process.pid).children(recursive=True)
        said = server.stop(signal.SIGINT)
    assert server.process.returncode == 0
    assert said == ""
    assert list(tmp_path.iterdir()) == []
    assert psutil.wait_procs(children, timeout=20)[1] == []


def test_what_a_killed_server_left_goes_with_the_next(tmp_path, demo):
    with Served(tmp_path) as server:
        drop = server.read({"spectra.csv": demo})
        server.start_long(drop)
        time.sleep(1.0)
        children = psutil.Process(server.process.pid).children(recursive=True)
        server.stop(signal.SIGKILL)
    assert server.kept()
    assert psutil.wait_procs(children, timeout=20)[1] == []
    with Served(tmp_path) as server:
        assert server.kept() == []
        assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


def test_files_are_for_this_user_alone(served, demo):
    drop = served.read({"spectra.csv": demo})
    files = [path for path in served.kept() if path.name == "spectra.csv"]
    folder = max(files, key=lambda path: path.stat().st_ctime_ns).parent
    assert all(os.stat(each).st_mode & 0o077 == 0 for each in (folder, folder.parent, folder.parent.parent))
    served.ask("POST", f"{drop}/remove")
    assert not folder.parent.exists()


def test_a_port_that_is_taken_is_refused(served):
    said = run("serve", "--no-browser", "--port", served.port, code=2, OMP_NUM_THREADS="1").stderr
    assert "leave --port out" in said


def test_files_are_gone_with_their_page(served, left):
    drop, folder = left
    end = time.monotonic() + 40
    while folder.exists():
        assert time.monotonic() < end
        time.sleep(0.5)
    answer = served.ask("GET", drop)
    assert answer.status == 410
    assert "drop them again" in answer.text
