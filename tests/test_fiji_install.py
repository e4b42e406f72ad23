"""`ivea fiji install` on folders that look like Fiji and ImageJ."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from fiji_material import FIJI_HAS, contents, fake_fiji, fake_imagej, fake_parts, no_network, use_parts
from imagej_oracle import need_java
from imagej_stage import need_display, screen

from ivea_fiji.cli.main import main
from ivea_fiji.commands.scripts import menu_title, scripts
from ivea_fiji.errors import InstallError
from ivea_fiji.fiji import imagej, libraries
from ivea_fiji.fiji import parts as parts_module
from ivea_fiji.fiji.install import check, install, uninstall
from ivea_fiji.fiji.layout import find_host
from ivea_fiji.fiji.libraries import APPOSE, IMAGEJ, Library, is_older, obtain
from ivea_fiji.fiji.parts import PLUGIN, SHIM
from ivea_fiji.fiji.plan import MANIFEST, SETTINGS, settings_text
from ivea_fiji.version import __version__

SCRIPTS = {"Detect_Random_Bursts....groovy": "detect", "About_IVEA.groovy": "about"}
OURS = f"jars/{SHIM}-{__version__}.jar"
SCRIPT = "scripts/Plugins/IVEA/About_IVEA.groovy"
EXPECTED = {
    OURS, SCRIPT, "scripts/Plugins/IVEA/Detect_Random_Bursts....groovy", "jars/appose-0.9.0.jar",
    f"jars/{SETTINGS}", f"jars/{MANIFEST}",
}  # fmt: skip


@pytest.fixture
def material(tmp_path, monkeypatch) -> None:
    use_parts(monkeypatch, fake_parts(tmp_path / "parts", SCRIPTS))
    no_network(monkeypatch, tmp_path / "fetched")


@pytest.fixture
def fiji(tmp_path, material) -> Path:
    return fake_fiji(tmp_path / "Fiji.app")


# ---------------------------------------------------------------------------- which folder


@pytest.mark.parametrize(
    ("root", "given"),
    [
        ("Fiji.app", "Fiji.app"),
        ("Fiji.app", "."),
        ("Fiji.app", "Fiji.app/ImageJ-linux64"),
        ("Fiji.app", "Fiji.app/Contents/MacOS/ImageJ-macosx"),
        ("Fiji", "Fiji"),
        ("Fiji", "."),
        ("Fiji", "Fiji/fiji-linux-x64"),
        ("Fiji", "Fiji/Fiji.app"),
        ("Fiji", "Fiji/Fiji.app/Contents/MacOS/fiji-macos"),
        ("My microscope", "My microscope"),
    ],
)
def test_fiji_is_recognised(tmp_path, root, given) -> None:
    fake_fiji(tmp_path / root)
    place = tmp_path / given
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir() if place.suffix == ".app" else place.write_text("launcher")
    host = find_host(place)
    assert (host.root, host.kind) == (tmp_path / root, "fiji")


@pytest.mark.parametrize("jar", ["ij.jar", "ij-1.54p.jar", "ImageJ.app/Contents/Java/ij.jar"])
def test_plain_imagej_is_recognised(tmp_path, jar) -> None:
    (tmp_path / "ImageJ" / "plugins").mkdir(parents=True)
    (tmp_path / "ImageJ" / jar).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "ImageJ" / jar).write_bytes(b"")
    for given in ("ImageJ", "."):
        host = find_host(tmp_path / given)
        assert (host.root, host.kind) == (tmp_path / "ImageJ", "imagej")
        assert host.jars == tmp_path / "ImageJ" / "plugins" / "jars"


def test_other_folders_are_refused(tmp_path) -> None:
    (tmp_path / "plugins").mkdir()
    with pytest.raises(InstallError, match="is not a folder of Fiji or ImageJ; name the one that holds"):
        find_host(tmp_path)
    with pytest.raises(InstallError, match="There is no folder"):
        find_host(tmp_path / "nothing")


def test_command_line_tells_of_a_wrong_folder(tmp_path, capsys) -> None:
    assert main(["fiji", "install", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "is not a folder of Fiji" in error


# ---------------------------------------------------------------------------- install


def test_installs_what_is_missing_and_nothing_else(fiji, capsys) -> None:
    before = contents(fiji)
    assert main(["fiji", "install", str(fiji), "--json"]) == 0
    after = contents(fiji)
    assert set(after) - set(before) == EXPECTED
    assert {name: after[name] for name in before} == before
    assert after[SCRIPT] == b"about"
    assert after["jars/appose-0.9.0.jar"] == b"appose-0.9.0.jar"
    assert sorted(json.loads(capsys.readouterr().out)["copied"]) == sorted(EXPECTED - {f"jars/{MANIFEST}"})


def test_fiji_learns_which_python_to_start(fiji) -> None:
    main(["fiji", "install", str(fiji)])
    assert f"python={sys.executable}\n" in (fiji / "jars" / SETTINGS).read_text()


def test_second_installation_changes_nothing(fiji, capsys) -> None:
    main(["fiji", "install", str(fiji)])
    stamps = {path: path.stat().st_mtime_ns for path in fiji.rglob("*")}
    capsys.readouterr()
    assert main(["fiji", "install", str(fiji)]) == 0
    assert {path: path.stat().st_mtime_ns for path in fiji.rglob("*")} == stamps
    assert "nothing was to be done" in capsys.readouterr().out


def test_plain_imagej_gets_plugin_and_all_libraries_but_no_scripts(tmp_path, material) -> None:
    root = fake_imagej(tmp_path / "ImageJ")
    install(find_host(root))
    new = set(contents(root)) - {"ij.jar"}
    libraries_there = {f"plugins/jars/{library.file}" for library in APPOSE}
    ours = {f"plugins/jars/{SHIM}-{__version__}.jar", f"plugins/{PLUGIN}-{__version__}.jar"}
    assert new == libraries_there | ours | {f"plugins/jars/{SETTINGS}", f"plugins/jars/{MANIFEST}"}
    assert "_" in PLUGIN  # ImageJ passes over other jars


@pytest.mark.parametrize("place", ["jars/appose-0.12.0.jar", "plugins/appose-0.10.0.jar", "jars/more/appose.jar"])
def test_library_of_fiji_is_not_put_there_twice(fiji, place) -> None:
    (fiji / place).parent.mkdir(exist_ok=True)
    (fiji / place).write_bytes(b"theirs")
    install(find_host(fiji))
    assert not (fiji / "jars" / "appose-0.9.0.jar").exists()
    assert (fiji / place).read_bytes() == b"theirs"


def test_our_copy_goes_when_fiji_brings_its_own(fiji) -> None:
    host = find_host(fiji)
    install(host)
    (fiji / "jars" / "appose-0.12.0.jar").write_bytes(b"theirs")
    assert check(host) == ["'jars/appose-0.9.0.jar' is not needed any more."]
    assert install(host).removed == ("jars/appose-0.9.0.jar",)
    assert check(host) == []


def test_old_library_of_fiji_is_told_and_left_alone(tmp_path, material) -> None:
    jars = tuple(name.replace("jna-5.14.0", "jna-4.5.2") for name in FIJI_HAS)
    fiji = fake_fiji(tmp_path / "Fiji", jars)
    before = contents(fiji)
    with pytest.raises(InstallError, match=r"Fiji has jna 4\.5\.2, and IVEA needs 5 or newer; update Fiji with Help"):
        install(find_host(fiji))
    assert contents(fiji) == before


def test_half_of_another_groovy_is_told(tmp_path, material) -> None:
    jars = tuple(n.replace("groovy-4.0.28", "groovy-3.0.9") for n in FIJI_HAS if not n.startswith("groovy-json"))
    with pytest.raises(InstallError, match=r"Fiji has groovy 3\.0\.9 without groovy-json, which cannot be mixed"):
        install(find_host(fake_fiji(tmp_path / "Fiji", jars)))


def test_old_imagej_in_fiji_is_told(tmp_path, material) -> None:
    jars = tuple(name.replace("ij-1.54p", "ij-1.53c") for name in FIJI_HAS)
    with pytest.raises(InstallError, match=r"Fiji has ImageJ 1\.53c"):
        install(find_host(fake_fiji(tmp_path / "Fiji", jars)))


def test_copy_of_ours_put_there_by_hand_is_told(fiji) -> None:
    stray = fiji / "plugins" / f"{SHIM}-0.0.1.jar"
    stray.write_bytes(b"old")
    with pytest.raises(InstallError, match="would be there twice"):
        install(find_host(fiji))
    assert stray.exists()


# ---------------------------------------------------------------------------- upgrade, uninstall, check


def test_upgrade_removes_our_older_files_only(fiji, tmp_path, monkeypatch) -> None:
    host = find_host(fiji)
    use_parts(monkeypatch, fake_parts(tmp_path / "old", {**SCRIPTS, "Old_Command.groovy": "old"}, "0.0.9"))
    install(host)
    (host.scripts / "My_Own.groovy").write_text("mine")
    use_parts(monkeypatch, fake_parts(tmp_path / "new", SCRIPTS))
    changes = install(host)
    assert set(changes.removed) == {f"jars/{SHIM}-0.0.9.jar", "scripts/Plugins/IVEA/Old_Command.groovy"}
    assert set(contents(fiji)) >= EXPECTED | {"scripts/Plugins/IVEA/My_Own.groovy"}
    assert check(host) == []


def test_uninstall_leaves_the_folder_as_it_was(fiji) -> None:
    before = contents(fiji)
    assert main(["fiji", "install", str(fiji)]) == 0
    assert main(["fiji", "install", str(fiji), "--uninstall"]) == 0
    assert contents(fiji) == before
    assert not (fiji / "scripts" / "Plugins" / "IVEA").exists()
    assert main(["fiji", "install", str(fiji), "--uninstall"]) == 1


@pytest.mark.parametrize("last", [install, uninstall])
def test_script_the_user_changed_is_kept_aside(fiji, last) -> None:
    host = find_host(fiji)
    install(host)
    (fiji / SCRIPT).write_text("about, my way")
    changes = last(host)
    assert changes.kept == (f"{SCRIPT}.edited",)
    assert (fiji / f"{SCRIPT}.edited").read_text() == "about, my way"
    assert (fiji / SCRIPT).exists() == (last is install)


def test_check_says_what_is_wrong(fiji, capsys) -> None:
    host = find_host(fiji)
    assert check(host) == [f"IVEA is not installed in '{fiji}'."]
    install(host)
    assert main(["fiji", "install", str(fiji), "--check"]) == 0
    (fiji / OURS).write_bytes(b"older")
    (fiji / SCRIPT).unlink()
    capsys.readouterr()
    assert main(["fiji", "install", str(fiji), "--check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["faults"] == [
        f"'{OURS}' is outdated or was changed.", f"'{SCRIPT}' is missing.",
    ]  # fmt: skip
    install(host)
    assert check(host) == []
    assert check(host, Path("/another/python")) == [f"'jars/{SETTINGS}' names another Python or version."]


def test_check_changes_nothing(fiji) -> None:
    install(find_host(fiji))
    (fiji / OURS).unlink()
    before = contents(fiji)
    main(["fiji", "install", str(fiji), "--check"])
    assert contents(fiji) == before


def test_check_and_uninstall_exclude_each_other(fiji) -> None:
    assert main(["fiji", "install", str(fiji), "--check", "--uninstall"]) == 2


def test_damaged_manifest_removes_nothing_outside(fiji, tmp_path) -> None:
    outside = tmp_path / "precious.txt"
    outside.write_text("mine")
    install(find_host(fiji))
    manifest = fiji / "jars" / MANIFEST
    stored = json.loads(manifest.read_text())
    stored["files"] |= {"../precious.txt": "0", str(outside): "0"}
    manifest.write_text(json.dumps(stored))
    uninstall(find_host(fiji))
    assert outside.read_text() == "mine"
    manifest.write_text("{")
    with pytest.raises(InstallError, match="is not installed"):
        uninstall(find_host(fiji))


# ---------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("number", range(7))
def test_failure_at_any_file_puts_everything_back(fiji, monkeypatch, number) -> None:
    """As on Windows, where a running Fiji holds its jars: the n-th file that is moved is refused."""
    host = find_host(fiji)
    install(host)
    for place in (OURS, SCRIPT):
        (fiji / place).write_bytes(b"outdated")
    (fiji / "scripts/Plugins/IVEA/Detect_Random_Bursts....groovy").unlink()
    before, real, calls = contents(fiji), os.replace, []

    def move(source, target) -> None:
        calls.append(source)
        if len(calls) == number + 1:
            raise PermissionError(13, "in use", str(source))
        real(source, target)

    monkeypatch.setattr("ivea_fiji.fiji.install.os.replace", move)
    with pytest.raises(InstallError, match="nothing was changed"):
        install(host)
    assert contents(fiji) == before
    assert not list(fiji.glob(".ivea-*"))


def test_sentence_for_a_running_fiji_on_windows(fiji, monkeypatch) -> None:
    install(find_host(fiji))
    (fiji / OURS).write_bytes(b"outdated")

    def refuse(source, target) -> None:
        raise PermissionError(13, "Access is denied", str(source))

    monkeypatch.setattr("ivea_fiji.fiji.install.os.replace", refuse)
    monkeypatch.setattr("ivea_fiji.fiji.install.sys.platform", "win32")
    with pytest.raises(InstallError, match="is in use or protected; close Fiji and try again"):
        install(find_host(fiji))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the system lets this user write anywhere")
def test_folder_that_cannot_be_written(fiji) -> None:
    fiji.chmod(0o555)
    try:
        with pytest.raises(InstallError, match="cannot be changed; ask the owner"):
            install(find_host(fiji))
    finally:
        fiji.chmod(0o755)


def test_parts_that_are_not_built(tmp_path, monkeypatch) -> None:
    (tmp_path / "java-shim").mkdir()
    (tmp_path / "java-shim" / "pom.xml").write_text("<project/>")
    monkeypatch.setattr(parts_module, "source_tree", lambda: tmp_path)
    monkeypatch.setattr(parts_module, "_PACKAGED", tmp_path / "nothing")
    monkeypatch.setattr(parts_module.shutil, "which", lambda name: None)
    with pytest.raises(InstallError, match="Maven is not installed; install Maven and a JDK"):
        parts_module.find_parts()
    with pytest.raises(InstallError, match=r"is missing; `ivea fiji install` builds it with Maven"):
        parts_module.find_parts(build=False)
    monkeypatch.setattr(parts_module, "source_tree", lambda: None)
    with pytest.raises(InstallError, match="came without its Java part"):
        parts_module.find_parts()


def test_tree_of_an_installation_from_it_is_found(tmp_path, monkeypatch) -> None:
    """As after ``pip install .``: the package lies elsewhere, and pip noted where it came from."""
    tree = tmp_path / "my copy"
    (tree / "java-shim").mkdir(parents=True)
    (tree / "java-shim" / "pom.xml").write_text("<project/>")
    told = json.dumps({"url": tree.as_uri(), "dir_info": {}})
    installed = SimpleNamespace(read_text=lambda name: told if name == "direct_url.json" else None)
    monkeypatch.setattr(parts_module.metadata, "distribution", lambda name: installed)
    monkeypatch.setattr(parts_module, "__file__", str(tmp_path / "site-packages" / "ivea_fiji" / "fiji" / "parts.py"))
    assert parts_module.source_tree() == tree
    shutil.rmtree(tree)
    assert parts_module.source_tree() is None


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Path:
    """Give a source tree whose Maven writes the jars, or fails if the file 'broken' is there."""
    root = tmp_path / "tree"
    (root / "java-shim" / "src" / "main").mkdir(parents=True)
    (root / "java-shim" / "pom.xml").write_text("<project/>")
    (root / "fiji-scripts" / "Plugins" / "IVEA").mkdir(parents=True)
    (root / "fiji-scripts" / "Plugins" / "IVEA" / "About_IVEA.groovy").write_text("about")

    def run(command, **how) -> SimpleNamespace:
        if (root / "broken").exists():
            return SimpleNamespace(returncode=1, stdout="[INFO] x\n[ERROR] no compiler\n", stderr="")
        fake_parts(root / "java-shim" / "target", {})
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    monkeypatch.setattr(parts_module, "source_tree", lambda: root)
    monkeypatch.setattr(parts_module, "_PACKAGED", tmp_path / "nothing")
    monkeypatch.setattr(parts_module.shutil, "which", lambda name: name)
    monkeypatch.setattr(parts_module.subprocess, "run", run)
    return root


def test_parts_are_built_when_sources_are_newer(tree) -> None:
    jar = parts_module.find_parts().shim
    os.utime(jar, (1, 1))
    os.utime(jar.with_name(f"{PLUGIN}-{__version__}.jar"), (1, 1))
    parts_module.find_parts(build=False)
    assert jar.stat().st_mtime == 1
    parts_module.find_parts()
    assert jar.stat().st_mtime > 1
    os.utime(jar, (1, 1))  # the other jar is made last, and is newer than all sources
    parts_module.find_parts()
    assert jar.stat().st_mtime == 1


def test_build_that_fails_is_one_sentence(tree) -> None:
    (tree / "broken").write_text("")
    with pytest.raises(InstallError, match=r"Building the Java part failed \(\[ERROR\] no compiler\); run 'mvn "):
        parts_module.find_parts()


def test_packed_parts_come_first(tmp_path, monkeypatch) -> None:
    (tmp_path / "scripts" / "Plugins" / "IVEA").mkdir(parents=True)
    (tmp_path / "scripts" / "Plugins" / "IVEA" / "About_IVEA.groovy").write_text("about")
    made = fake_parts(tmp_path / "jars", {})
    monkeypatch.setattr(parts_module, "_PACKAGED", tmp_path)
    found = parts_module.find_parts()
    assert (found.shim, found.plugin) == (made.shim, made.plugin)
    assert [path.name for path in found.scripts] == ["About_IVEA.groovy"]


# ---------------------------------------------------------------------------- libraries


@pytest.mark.parametrize(
    ("version", "least", "older"),
    [
        ("5.14.0", "5", False), ("4.5.2", "5", True), ("1.53c", "1.53t", True), ("1.54f", "1.53t", False),
        ("3.18.0", "3.8", False), ("3.7", "3.8", True), ("", "5", False), ("0.10.0", "0.9", False),
    ],
)  # fmt: skip
def test_versions_are_compared_by_number(version, least, older) -> None:
    assert is_older(version, least) is older


def test_download_is_verified_and_kept(tmp_path, monkeypatch) -> None:
    library = Library("org.example", "thing", "1.0", hashlib.sha256(b"jar").hexdigest(), "1")
    served = tmp_path / "repository" / library.place
    served.parent.mkdir(parents=True)
    monkeypatch.setenv(libraries.REPOSITORY_VARIABLE, (tmp_path / "repository").as_uri())
    monkeypatch.setattr(libraries, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(libraries.Path, "home", lambda: tmp_path)
    with pytest.raises(InstallError, match="cannot be downloaded from"):
        obtain(library)
    served.write_bytes(b"not the jar")
    with pytest.raises(InstallError, match=r"is not the thing-1\.0\.jar that was expected"):
        obtain(library)
    served.write_bytes(b"jar")
    assert obtain(library).read_bytes() == b"jar"
    served.unlink()
    assert obtain(library).read_bytes() == b"jar"
    assert sorted(p.name for p in (tmp_path / "cache" / "jars").iterdir()) == ["thing-1.0.jar"]


def test_damaged_file_of_the_store_is_not_taken(tmp_path, monkeypatch) -> None:
    library = Library("org.example", "thing", "1.0", hashlib.sha256(b"jar").hexdigest(), "1")
    for folder, content in ((".m2/repository", b"cut off"), ("served", b"jar")):
        (tmp_path / folder / library.place).parent.mkdir(parents=True)
        (tmp_path / folder / library.place).write_bytes(content)
    monkeypatch.setenv(libraries.REPOSITORY_VARIABLE, (tmp_path / "served").as_uri())
    monkeypatch.setattr(libraries, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(libraries.Path, "home", lambda: tmp_path)
    assert obtain(library).read_bytes() == b"jar"


def test_settings_are_what_java_reads() -> None:
    text = settings_text(Path("C:/Users/Jörg/π 🙂/python.exe"))
    assert "python=C:/Users/J\\u00f6rg/\\u03c0 \\ud83d\\ude42/python.exe\n" in text
    assert text.isascii()


# ---------------------------------------------------------------------------- ivea imagej


@pytest.fixture
def own_imagej(tmp_path, monkeypatch, material) -> Path:
    jar = tmp_path / "ij.jar"
    jar.write_bytes(b"ImageJ")
    monkeypatch.setattr(imagej, "IMAGEJ", replace(IMAGEJ, sha256=hashlib.sha256(b"ImageJ").hexdigest()))
    monkeypatch.setattr(imagej, "obtain", lambda library: jar)
    monkeypatch.setattr(imagej, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(imagej, "find_java", lambda: Path("java"))
    return tmp_path / "cache" / f"imagej-{IMAGEJ.version}"


def test_imagej_is_made_once_and_started_with_the_files(own_imagej, tmp_path, monkeypatch, capsys) -> None:
    started = []

    class Done:
        returncode = 0

    monkeypatch.setattr(imagej.subprocess, "run", lambda command, check: started.append(command) or Done())
    movie = tmp_path / "movie.tif"
    movie.write_bytes(b"")
    assert main(["imagej", "--check"]) == 1
    assert main(["imagej", str(movie)]) == 0
    assert main(["imagej", "--check"]) == 0
    assert started == [["java", "-jar", str(own_imagej / "ij.jar"), "-ijpath", str(own_imagej), "-port0", str(movie)]]
    before = {path: path.stat().st_mtime_ns for path in own_imagej.rglob("*") if path.is_file()}
    assert main(["imagej"]) == 0
    assert {path: path.stat().st_mtime_ns for path in own_imagej.rglob("*") if path.is_file()} == before


def test_imagej_refuses_files_that_are_not_there(own_imagej, capsys) -> None:
    assert main(["imagej", "nothing.tif"]) == 2
    assert "There is no file 'nothing.tif'" in capsys.readouterr().err
    assert not own_imagej.exists()


def test_imagej_without_java(own_imagej, monkeypatch, capsys) -> None:
    monkeypatch.setattr(imagej, "find_java", lambda: None)
    assert main(["imagej"]) == 1
    assert "ImageJ needs Java, and none was found; install one" in capsys.readouterr().err
    assert main(["imagej", "--check"]) == 1


def test_java_home_comes_first(tmp_path, monkeypatch) -> None:
    java = tmp_path / "bin" / ("java.exe" if sys.platform == "win32" else "java")
    java.parent.mkdir()
    java.write_text("")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert imagej.find_java() == java


def test_groups_have_the_colours_of_their_classes() -> None:
    table = imagej.group_colours()
    assert len(table) == 768
    assert bytes(table[part * 256 + 1] for part in range(3)) == bytes.fromhex("E69F00")
    assert len({bytes(table[part * 256 + i] for part in range(3)) for i in range(256)}) > 200


# ---------------------------------------------------------------------------- the real thing


@pytest.mark.java
def test_libraries_are_those_that_maven_resolves() -> None:
    need_java()
    folder = parts_module.find_parts().shim.parent / "dependencies"
    built = {path.name: libraries.sha256(path) for path in folder.glob("*.jar")}
    assert built == {library.file: library.sha256 for library in APPOSE}


@pytest.mark.java
@pytest.mark.gui
def test_imagej_starts_with_our_menu(tmp_path, monkeypatch) -> None:
    need_display()
    monkeypatch.setattr(imagej, "cache_folder", lambda: tmp_path / "cache")
    host, changes = imagej.prepare()
    assert changes
    assert imagej.faults() == []
    told = tmp_path / "commands.txt"
    macro = tmp_path / "list.ijm"
    macro.write_text(f'List.setCommands; File.saveString(List.getList, "{told}");')
    java, *words = imagej.command(host, [])
    with screen() as display:
        subprocess.run(
            [java, f"-Duser.home={tmp_path}", *words, "-batch", str(macro)],
            env=os.environ | {"DISPLAY": display}, timeout=120, check=True,
        )  # fmt: skip
    ours = {line.split("=")[0] for line in told.read_text().splitlines() if "IVEA_Command" in line}
    assert ours == {menu_title(name) for name in scripts()}
