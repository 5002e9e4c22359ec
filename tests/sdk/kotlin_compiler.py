"""JetBrains' Kotlin compiler, from their Jupyter kernel's package, and programs that it made, on the JVM.

A registry of Java's packages is not needed: the kernel's jar holds the compiler with its plugin for serialization,
kotlinx.serialization and kotlinx.coroutines. It is installed for one run of the tests, with what `android_stubs` reads.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

REQUIREMENTS = Path(__file__).parent / "kotlin" / "requirements.txt"
OKHTTP = tuple(Path("/usr/share/java", name) for name in ("okhttp.jar", "okio.jar"))  # Debian's libokhttp-java
_REGISTRAR = "META-INF/services/org.jetbrains.kotlin.compiler.plugin.CompilerPluginRegistrar"
_SERIALIZATION = "org.jetbrains.kotlinx.serialization.compiler.extensions.SerializationComponentRegistrar"


@dataclass(frozen=True)
class Kotlin:
    """A compiler and the libraries beside it."""

    java: str
    folder: Path
    kernel: Path
    plugin: Path
    libraries: tuple[Path, ...]

    def compile(self, out: Path, sources: Sequence[Path], libraries: Sequence[Path] = ()) -> str:
        """Compile Kotlin, which may refer to Java sources beside it. What the compiler says; warnings are errors."""
        # Coroutines are in the kernel's own jar; with it in the path of the sources nothing else has to be had.
        path = os.pathsep.join(map(str, (*libraries, *self.libraries, self.kernel)))
        compiler = ["org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-stdlib", "-no-reflect", "-Werror"]
        done = subprocess.run(
            [self.java, "-Xshare:auto", "-cp", os.pathsep.join(map(str, (self.kernel, *self.libraries))), *compiler,
             f"-Xplugin={self.plugin}", "-jvm-target", "11", "-cp", path, "-d", str(out), *map(str, sources)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stderr

    def command(self, out: Path, main: str, libraries: Sequence[Path] = ()) -> list[str]:
        """The command that runs a compiled program."""
        return [self.java, "-cp", os.pathsep.join(map(str, (out, *libraries, *self.libraries, self.kernel))), main]


def install(folder: Path) -> Kotlin | None:
    """The compiler in `folder`, or None where there is no Java, no OkHttp, or the registry has no compiler."""
    java = shutil.which("java")
    if java is None or not all(jar.exists() for jar in OKHTTP):
        return None
    installing = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    done = subprocess.run(
        [*installing, "--target", str(folder), "-r", str(REQUIREMENTS)], capture_output=True, check=False
    )
    if done.returncode != 0:
        return None
    jars = folder / "run_kotlin_kernel" / "jars"
    (kernel,) = jars.glob("kotlin-jupyter-kernel-*-all.jar")
    plugin = folder / "serialization.jar"
    with zipfile.ZipFile(plugin, "w") as jar:
        jar.writestr(_REGISTRAR, _SERIALIZATION)
    libraries = [
        *jars.glob("kotlin-stdlib-*.jar"),
        *jars.glob("kotlinx-serialization-*.jar"),
        *jars.glob("annotations-*.jar"),
    ]
    return Kotlin(java, folder, kernel, plugin, tuple(libraries))
