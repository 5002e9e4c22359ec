"""Dockerfile, compose file and Kubernetes' files: what tools say of them, and that processes start as they say."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import fields
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import kubernetes_validate
import pytest
import yaml

from media.pipe.addresses import is_private
from meet.config import PROJECT, Config
from tests.media.test_compiled import can_compile
from tests.ports import free_media_port, free_port
from tests.postgresql import NotInstalledError, running_postgresql
from tests.redis_server import running_redis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DOCKERFILE: Final = PROJECT / "Dockerfile"
COMPOSE: Final = PROJECT / "deploy" / "compose"
KUBERNETES: Final = PROJECT / "deploy" / "kubernetes"
KUBERNETES_VERSION: Final = "1.31"
SETTINGS: Final = {f"MEET_{setting.name.upper()}" for setting in fields(Config)}
ROLES: Final = {"setup", "web", "node", "worker", "composer"}
PROGRAMS: Final = Path(sys.executable).parent
TIMEOUT_S: Final = 90.0


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))
    return content


def ours() -> dict[str, dict[str, Any]]:
    """The services that run our image."""
    return {name: service for name, service in compose()["services"].items() if service["image"] == "meet"}


def example() -> dict[str, str]:
    """`.env.example`, filled in."""
    lines = (COMPOSE / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value or secrets.token_hex(32) for name, value in pairs.items()}


def resolved(environment: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """A service's variables with those of `.env` in them."""
    return {
        name: re.sub(r"\$\{(\w+)(?::\?[^}]*)?\}", lambda found: values[found[1]], value)
        for name, value in environment.items()
    }


def objects() -> Iterator[dict[str, Any]]:
    for path in sorted(KUBERNETES.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def containers() -> Iterator[dict[str, Any]]:
    for one in objects():
        pod = one["spec"]["template"]["spec"] if "template" in one.get("spec", {}) else {}
        yield from pod.get("initContainers", [])
        yield from pod.get("containers", [])


def stages() -> dict[str, str]:
    """What the Dockerfile does by the names of its stages, a line each; the last one has none."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))
    parts = re.findall(r"^FROM \S+(?: AS (\w+))?\n(.*?)(?=^FROM |\Z)", text, re.MULTILINE | re.DOTALL)
    return dict(parts)


def copy_of(stage: str, target: Path) -> None:
    """Copy into `target` what a stage copies from this folder."""
    for copied in re.findall(r"^COPY (?!--from)(.*)$", stage, re.MULTILINE):
        *sources, destination = copied.split()
        (target / destination).parent.mkdir(parents=True, exist_ok=True)
        for source in sources:
            if (PROJECT / source).is_dir():
                shutil.copytree(
                    PROJECT / source, target / destination, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
                )
            else:
                (target / destination).mkdir(exist_ok=True)
                shutil.copy(PROJECT / source, target / destination)


def last_stage(target: Path) -> dict[str, str]:
    """Do what the last stage of the Dockerfile copies from this folder, into `target`; what it sets with ENV."""
    stage = stages()[""]
    copy_of(stage, target)
    return dict(pair.split("=", 1) for line in re.findall(r"^ENV (.*)$", stage, re.MULTILINE) for pair in line.split())


def test_hadolint_finds_nothing() -> None:
    done = subprocess.run([str(PROGRAMS / "hadolint"), str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_is_copied_into_the_image_is_let_through() -> None:
    let_through = re.findall(r"^!(.*)$", (PROJECT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    copied = [
        name
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE.read_text(), re.MULTILINE)
        for name in line.split()[:-1]
    ]
    assert set(copied) == set(let_through)
    assert all((PROJECT / name).exists() for name in copied)


def test_what_a_stage_takes_of_another_one_is_made_there() -> None:
    made = stages()
    taken = {line for stage in made.values() for line in re.findall(r"^COPY --from=(\w+) /\S+", stage, re.MULTILINE)}
    assert taken == {"client", "packages", "compiled"}
    assert "COPY --from=compiled /opt/meet/.compiled ./.compiled\n" in made[""]
    assert "gcc" in made["compiled"]
    assert "gcc" not in made[""] + made["packages"] + made["installed"]


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.skipif(not can_compile(), reason="a C compiler and Python's headers are needed")
def test_the_image_runs_the_packet_path_as_its_builder_has_compiled_it(tmp_path: Path) -> None:
    """The stage's own steps in a folder, with its tools apart from the environment, as `make compile` has them."""
    built, image, tools = tmp_path / "built", tmp_path / "image", tmp_path / "tools"
    for folder in (built, image):
        folder.mkdir()
    stage = stages()["compiled"]
    copy_of(stage, built)
    done = []
    for step in re.findall(r"^RUN (.*)$", stage, re.MULTILINE):
        if "apt-get" in step:
            continue  # this machine has a compiler
        command = step.replace(".venv/bin/python", sys.executable).replace("/opt/tools", str(tools))
        subprocess.run(["bash", "-euc", command], cwd=built, check=True, stdout=subprocess.DEVNULL)
        done.append(step)
    assert len(done) == 2
    assert {"mypy", "setuptools"} <= {path.name for path in tools.iterdir()}
    last_stage(image)
    shutil.copytree(built / ".compiled", image / ".compiled")
    script = "import manage; manage.use_compiled(); from media.rtp import rtp; print(rtp.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=image, check=True, capture_output=True, text=True
    ).stdout.strip()
    assert Path(found).is_relative_to(image / ".compiled")


def test_the_image_runs_as_nobody_in_particular() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text


def test_the_compose_file_is_one() -> None:
    command = [
        str(PROGRAMS / "check-jsonschema"),
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE / "compose.yaml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    named = set(re.findall(r"\$\{(\w+)", (COMPOSE / "compose.yaml").read_text(encoding="utf-8")))
    assert named == set(example())


def test_each_service_of_the_compose_file_may_do_little_and_has_a_probe() -> None:
    services = ours()
    assert {service["command"][0] for service in services.values()} == ROLES
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert set(service["environment"]) <= SETTINGS, name
        assert name == "setup" or service["healthcheck"]["test"][-2:] == ["ready", service["command"][0]], name


def test_each_node_of_the_compose_file_has_an_address_for_media_between_nodes() -> None:
    (network,) = compose()["networks"]["default"]["ipam"]["config"]
    subnet, given = ip_network(network["subnet"]), ip_network(network["ip_range"])
    nodes = [service for service in ours().values() if service["command"] == ["node"]]
    pipes = [node["environment"]["MEET_PIPE_IP"] for node in nodes]
    assert pipes == [node["networks"]["default"]["ipv4_address"] for node in nodes]
    assert len(set(pipes)) == len(nodes) > 1
    for pipe in pipes:
        assert is_private(pipe)
        assert ip_address(pipe) in subnet
        assert ip_address(pipe) not in given, "another container may be given it"


def test_each_node_of_kubernetes_has_an_address_for_media_between_nodes() -> None:
    """That of its control port, where that is private; one on all addresses would be none."""
    (node,) = (container for container in containers() if container.get("args") == ["node"])
    named = {variable["name"]: variable.get("value") for variable in node["env"]}
    assert named["MEET_CONTROL_HOST"] == "$(POD_IP)"
    assert "MEET_PIPE_IP" not in named, "a machine with a public address alone would not start"


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed.")
def test_the_proxy_of_the_compose_file_knows_each_node(tmp_path: Path) -> None:
    file = COMPOSE / "Caddyfile"
    environment = {"MEET_DOMAIN": "meet.example.org", "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    nodes = {
        name: service["environment"]["MEET_NODE_NAME"] for name, service in ours().items() if name.startswith("node")
    }
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"handle /ws/(\w+)/\* \{\s+reverse_proxy (\w+):8001", text) == [
        (nodes[name], name) for name in nodes
    ]


@pytest.mark.parametrize("described", list(objects()), ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_kubernetes_would_take_it(described: dict[str, Any]) -> None:
    kubernetes_validate.validate(described, KUBERNETES_VERSION, strict=True)


def test_kubernetes_files_are_all_listed() -> None:
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert {*listed, "kustomization.yaml"} == {path.name for path in KUBERNETES.iterdir()}


def test_containers_of_pods_run_roles_with_settings_that_exist_and_may_do_little() -> None:
    for container in containers():
        secured = container["securityContext"]
        assert secured["readOnlyRootFilesystem"]
        assert not secured["allowPrivilegeEscalation"]
        assert "limits" in container["resources"]
        assert set(container.get("args", [])) <= ROLES
        named = {variable["name"] for variable in container.get("env", [])}
        assert {name for name in named if name.startswith("MEET_")} <= SETTINGS
    for one in objects():
        if one["kind"] in {"ConfigMap", "Secret"}:
            assert set(one.get("data", {}) | one.get("stringData", {})) <= SETTINGS


def test_each_node_that_may_be_started_has_a_service_and_a_path() -> None:
    made = list(objects())
    most = next(
        one["spec"]["maxReplicas"]
        for one in made
        if one["kind"] == "HorizontalPodAutoscaler" and one["metadata"]["name"] == "node"
    )
    services = {one["metadata"]["name"] for one in made if one["kind"] == "Service"}
    (ingress,) = (one for one in made if one["kind"] == "Ingress")
    paths = {
        path["path"]: path["backend"]["service"]["name"]
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    assert {f"/ws/serv{number}/": f"node-{number}" for number in range(most)} | {"/": "web"} == paths
    assert set(paths.values()) <= services


@pytest.mark.long
@pytest.mark.timeout(400)
def test_the_processes_of_the_compose_file_start_from_the_files_of_the_image(tmp_path: Path) -> None:
    """With the environment that the file gives them, but for hosts and ports."""
    image = tmp_path / "image"
    image.mkdir()
    set_by_image = last_stage(image)
    (image / "static").mkdir()
    (image / "static" / "dist").symlink_to(PROJECT / "static" / "dist")
    media, control = free_media_port(), free_port()
    values = example() | {"MEET_PUBLIC_IP": "127.0.0.1"}
    started: list[subprocess.Popen[bytes]] = []
    try:
        with running_postgresql("--locale=C") as database, running_redis() as broker:
            elsewhere = {
                "MEET_DATA_DIR": str(tmp_path / "data"),
                "MEET_DATABASE_URL": database,
                "MEET_REDIS_URL": broker,
                "MEET_PORT": str(free_port()),
                "MEET_NODE_PORT": str(free_port()),
                "MEET_CONTROL_PORT": str(control),
                "MEET_CONTROL_URL": f"http://127.0.0.1:{control}",
                "MEET_MEDIA_PORT": str(media),
                "MEET_PIPE_IP": "127.0.0.1",
            }
            kept = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

            def environment(service: str) -> dict[str, str]:
                return kept | set_by_image | resolved(ours()[service]["environment"], values) | elsewhere

            def manage(service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
                return subprocess.run(
                    [sys.executable, "manage.py", *arguments],
                    cwd=image,
                    env=environment(service),
                    capture_output=True,
                    text=True,
                    check=False,
                )

            done = manage("setup", *ours()["setup"]["command"])
            assert done.returncode == 0, done.stderr
            services = ("web", "node0", "worker", "composer0")
            for service in services:
                command = [sys.executable, "manage.py", *ours()[service]["command"]]
                with (tmp_path / f"{service}.log").open("wb") as log:
                    started.append(
                        subprocess.Popen(command, cwd=image, env=environment(service), stdout=log, stderr=log)
                    )
            for service, process in zip(services, started, strict=True):
                probe = ours()[service]["healthcheck"]["test"][3:]
                deadline = time.monotonic() + TIMEOUT_S
                while (done := manage(service, *probe)).returncode != 0:
                    said = (tmp_path / f"{service}.log").read_text()
                    assert process.poll() is None, said
                    assert time.monotonic() < deadline, f"{done.stdout}{done.stderr}{said}"
            for process in started:
                process.terminate()
            assert [process.wait(TIMEOUT_S) for process in started] == [0, 0, 0, 0]
    except NotInstalledError as error:
        pytest.skip(str(error))
    finally:
        for process in started:
            process.kill()
            process.wait()
