"""What the files of this folder say of one thing must agree: `agreement.py FOLDER RUST-TOOLCHAIN`.

FOLDER has `rendered/`, which `lint` writes.
"""

import pathlib
import re
import sys
import tomllib

import yaml

folder, toolchain = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
problems = []


def expect(true, problem):
    if not true:
        problems.append(problem)


def text(name):
    return (folder / name).read_text(encoding="utf-8")


def unit(setting):
    """The last value of a setting of the unit."""
    return re.findall(rf"^{setting}=(.*)$", text("tokenward.service"), re.M)[-1]


def port(address):
    return int(address.rsplit(":", 1)[1])


# The reference with its examples switched on parses too, and knows every name that another file uses.
examples = re.sub(r"^# (?=\[[a-z-]+\]$|[a-z-]+ = )", "", text("tokenward.toml"), flags=re.M)
known = tomllib.loads(examples)
reference = tomllib.loads(text("tokenward.toml"))
tomllib.loads(re.sub(r"^# (?=[a-z-]+ = )", "", text("trust.toml"), flags=re.M))

rust = tomllib.loads(toolchain.read_text(encoding="utf-8"))["toolchain"]["channel"]
expect(f"FROM rust:{rust}-" in text("Dockerfile"), f"Dockerfile: builds with another Rust than {rust}")

def ending(listen):
    """How long the server takes to end, in seconds, at most."""
    return sum(listen.get(setting, reference["listen"][setting]) for setting in ("settle", "drain"))


expect(int(unit("TimeoutStopSec")) > ending(reference["listen"]), "TimeoutStopSec is not above `settle` + `drain`")
expect(int(unit("LimitNOFILE")) > reference["listen"]["connections"], "LimitNOFILE is not above `connections`")


def check(name, objects):
    one = {item["kind"]: item for item in objects}
    data = one["ConfigMap"]["data"]
    config = tomllib.loads(data["tokenward.toml"])
    expect("issuer" in tomllib.loads(data["trust.toml"]), f"{name}: trust.toml has no issuer")
    for section, settings in config.items():
        for setting in settings:
            expect(setting in known.get(section, {}), f"{name}: tokenward.toml: [{section}] {setting} is unknown")

    template = one["Deployment"]["spec"]["template"]
    pod, labels = template["spec"], template["metadata"]["labels"]
    for kind, path in (("Service", ()), ("PodDisruptionBudget", ("matchLabels",)), ("NetworkPolicy", ("matchLabels",))):
        spec = one[kind]["spec"]
        selector = spec.get("selector") or spec["podSelector"]
        for step in path:
            selector = selector[step]
        expect(selector.items() <= labels.items(), f"{name}: {kind} selects other pods")

    containers = {item["name"]: item for item in pod.get("initContainers", []) + pod["containers"]}
    sleeps = [c.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0) for c in containers.values()]
    needed = max(sleeps) + ending(config["listen"])
    expect(pod["terminationGracePeriodSeconds"] > needed, f"{name}: terminationGracePeriodSeconds is not above {needed}")
    for container in containers.values():
        # Of sidecars too, at which security linters do not always look.
        security = container["securityContext"]
        expect(security["capabilities"]["drop"] == ["ALL"], f"{name}: {container['name']} keeps capabilities")
        expect(security["readOnlyRootFilesystem"], f"{name}: {container['name']} can write to its root")
        expect(not security["allowPrivilegeEscalation"], f"{name}: {container['name']} can gain privileges")
        expect("limits" in container["resources"], f"{name}: {container['name']} has no limits")

    tokenward = containers["tokenward"]
    mounts = {mount["mountPath"]: mount["name"] for mount in tokenward["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    config_map = volumes[mounts["/etc/tokenward"]]["configMap"]["name"]
    expect(config_map == one["ConfigMap"]["metadata"]["name"], f"{name}: mounts another ConfigMap: {config_map}")
    secret = pathlib.PurePosixPath(config["admin"]["token-file"]).parent
    expect("secret" in volumes[mounts[str(secret)]], f"{name}: `token-file` is in no Secret")
    log = config["decision-log"]["file"]
    expect(log == "-" or str(pathlib.PurePosixPath(log).parent) in mounts, f"{name}: [decision-log] `file` is in no volume")

    ports = {item["name"]: item["containerPort"] for item in tokenward["ports"]}
    listens, admin = port(config["listen"]["address"]), port(config["admin"]["address"])
    expect(ports["admin"] == admin, f"{name}: the port `admin` is not {admin}")
    expect(ports.get("gateways", listens) == listens, f"{name}: the port `gateways` is not {listens}")
    expect(template["metadata"]["annotations"]["prometheus.io/port"] == str(admin), f"{name}: metrics are not on {admin}")
    for probe, path in (("livenessProbe", "/health"), ("readinessProbe", "/ready"), ("startupProbe", "/ready")):
        expect(tokenward[probe]["httpGet"] == {"path": path, "port": "admin"}, f"{name}: {probe} does not ask {path}")

    if "envoy.yaml" in data:
        envoy = yaml.safe_load(data["envoy.yaml"])["static_resources"]

        def ports_of(items):
            return {item["name"]: item["address"]["socket_address"]["port_value"] for item in items}

        clusters = {
            cluster["name"]: cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
            for cluster in envoy["clusters"]
        }
        asks = clusters["tokenward"]["address"]["socket_address"]["port_value"]
        expect(asks == listens, f"{name}: Envoy asks port {asks}, Tokenward listens on {listens}")
        open_ports = {item["containerPort"] for item in containers["envoy"]["ports"]}
        expect(set(ports_of(envoy["listeners"]).values()) == open_ports, f"{name}: Envoy listens on other ports")


for rendered in sorted((folder / "rendered").glob("*.yaml")):
    check(rendered.stem, list(yaml.safe_load_all(rendered.read_text(encoding="utf-8"))))

for problem in problems:
    print(problem)
print(f"{len(problems)} disagreements")
sys.exit(1 if problems else 0)
