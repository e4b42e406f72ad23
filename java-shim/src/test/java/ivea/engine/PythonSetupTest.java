package ivea.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.Prefs;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Environments are built whole or not at all, each under the name of its content. */
@Timeout(60)
class PythonSetupTest {

	private static final String MAKE_ENVIRONMENT = "mkdir -p \"$last/bin\"; ln -s \"$0\" \"$last/bin/python\"";

	@TempDir
	Path folder;
	private final List<String> log = new ArrayList<>();

	@BeforeEach
	void chooseFolder() {
		System.setProperty(PythonSetup.ENVIRONMENTS, folder.resolve("environments").toString());
	}

	@AfterEach
	void forget() {
		System.clearProperty(PythonSetup.ENVIRONMENTS);
		Prefs.set(PythonLocator.PREFERENCE, "");
	}

	/** A tool that makes an environment when asked for one, and does as told when asked to install. */
	private File tool(final String name, final String install) throws IOException {
		final Path file = folder.resolve(name);
		Files.write(file, ("#!/bin/sh\necho \"called: $@\"\nfor last; do :; done\ncase \"$*\" in\n*install*) " + install +
			";;\n*venv*) " + MAKE_ENVIRONMENT + ";;\nesac\n").getBytes(StandardCharsets.UTF_8));
		assertTrue(file.toFile().setExecutable(true));
		return file.toFile();
	}

	private File build(final File tool, final EngineListener listener) throws EngineException, Cancelled {
		return PythonSetup.build("ivea-fiji==1", tool, log::add, listener);
	}

	@Test
	void uvMakesAndFillsAnEnvironment() throws Exception {
		final File uv = tool("uv", "true");
		final FakeEngine.Listener listener = new FakeEngine.Listener();
		final File made = build(uv, listener);
		final String python = new File(made, "bin/python").getPath();
		assertEquals(Arrays.asList("> " + uv + " venv --seed --python >=3.11,<3.14 " + made, //
			"called: venv --seed --python >=3.11,<3.14 " + made, //
			"> " + uv + " pip install --compile-bytecode --python " + python + " ivea-fiji==1", //
			"called: pip install --compile-bytecode --python " + python + " ivea-fiji==1"), log);
		assertTrue(listener.messages.contains("Installing ivea-fiji==1 0/0"));
		assertEquals(made, PythonSetup.environments().get(0));
	}

	@Test
	void pythonMakesAndFillsAnEnvironment() throws Exception {
		final File python = tool("python3.12", "true");
		final File made = build(python, new FakeEngine.Listener());
		assertEquals("> " + python + " -m venv " + made, log.get(0));
		assertEquals("> " + new File(made, "bin/python") + " -m pip install --disable-pip-version-check ivea-fiji==1", log
			.get(2));
	}

	@Test
	void sameContentIsBuiltOnce() throws Exception {
		final File made = build(tool("uv", "true"), new FakeEngine.Listener());
		log.clear();
		assertEquals(made, build(tool("uv", "exit 1"), new FakeEngine.Listener()));
		assertEquals(1, log.size());
	}

	@Test
	void failedBuildLeavesNothing() throws Exception {
		final File uv = tool("uv", "echo no such package; exit 3");
		assertEquals("Installing ivea-fiji==1 failed; the Log window has the reason, and Set Up Python... tries again.",
			assertThrows(EngineException.class, () -> build(uv, new FakeEngine.Listener())).getMessage());
		assertTrue(log.contains("no such package"));
		assertEquals(0, folder.resolve("environments").toFile().list().length);
	}

	@Test
	void cancelledBuildStopsAndLeavesNothing() throws Exception {
		final File uv = tool("uv", "exec sleep 60");
		assertThrows(Cancelled.class, () -> build(uv, FakeEngine.stopAt("Installing ivea-fiji==1")));
		assertEquals(0, folder.resolve("environments").toFile().list().length);
	}

	@Test
	void nameTellsTheContent() throws Exception {
		final Path wheel = folder.resolve("ivea.whl");
		Files.write(wheel, new byte[] { 1 });
		final String first = PythonSetup.name(wheel.toString());
		assertEquals(first, PythonSetup.name(wheel.toString()));
		Files.write(wheel, new byte[] { 2 });
		assertNotEquals(first, PythonSetup.name(wheel.toString()));
		assertNotEquals(PythonSetup.name("ivea-fiji==1"), PythonSetup.name("ivea-fiji==2"));
		assertTrue(first.matches("ivea-fiji-[0-9.]+-[0-9a-f]{8}"), first);
	}

	@Test
	void nothingIsBuiltWithoutADisplay() {
		final EngineException e = assertThrows(EngineException.class, () -> PythonSetup.build(log::add,
			new FakeEngine.Listener()));
		assertTrue(e.getMessage().startsWith("No environment is built without a display; run `python3 -m venv FOLDER` and " +
			"`FOLDER/bin/python -m pip install ivea-fiji=="), e.getMessage());
		assertFalse(folder.resolve("environments").toFile().exists());
	}

	@Test
	void chosenEnvironmentIsRemembered() throws Exception {
		final File python = tool("python", "true");
		assertEquals("IVEA now uses '" + python + "' until this ImageJ ends; set the environment variable IVEA_PYTHON to " +
			"keep it.", PythonSetup.use(" " + python.getPath()));
		assertEquals(python.getPath(), Prefs.get(PythonLocator.PREFERENCE, ""));
		assertThrows(EngineException.class, () -> PythonSetup.use(folder.resolve("nothing").toString()));
		assertThrows(EngineException.class, () -> PythonSetup.use(" "));
		assertEquals(python.getPath(), Prefs.get(PythonLocator.PREFERENCE, ""), "a refused choice changes nothing");
	}
}
