package ivea.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.Prefs;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A chosen Python is used or refused; without a choice, one that works is found. */
class PythonLocatorTest {

	@TempDir
	Path folder;

	@BeforeEach
	@AfterEach
	void forget() {
		System.clearProperty(PythonLocator.PROPERTY);
		Prefs.set(PythonLocator.PREFERENCE, "");
		System.setProperty(PythonSetup.ENVIRONMENTS, folder.resolve("environments").toString());
	}

	@AfterEach
	void forgetPlace() {
		System.clearProperty(PythonSetup.ENVIRONMENTS);
	}

	/** A program that ends with an exit code, after saying something. */
	private File python(final String place, final String said, final int code) throws IOException {
		final Path file = folder.resolve(place);
		Files.createDirectories(file.getParent());
		Files.write(file, ("#!/bin/sh\necho \"" + said + "\" >&2\nexit " + code + "\n").getBytes(StandardCharsets.UTF_8));
		assertTrue(file.toFile().setExecutable(true));
		return file.toFile();
	}

	@ParameterizedTest
	@ValueSource(strings = { "bin/python", "bin/python3", "Scripts/python.exe", "python.exe", ".venv/bin/python" })
	void environmentsOfAllKindsHaveTheirProgram(final String place) throws Exception {
		final File python = python("env/" + place, "", 0);
		assertEquals(python, PythonLocator.program(folder.resolve("env").toFile()));
		assertEquals(python, PythonLocator.program(python));
	}

	@Test
	void folderWithoutPythonHasNone() {
		assertNull(PythonLocator.program(folder.toFile()));
		assertEquals("There is no Python in '" + folder + "'; choose another Python with Plugins > IVEA > Set Up " +
			"Python....", assertThrows(EngineException.class, () -> PythonLocator.check(folder.toString())).getMessage());
	}

	@Test
	void propertyComesBeforePreference() throws Exception {
		final File first = python("a/bin/python", "", 0), second = python("b/bin/python", "", 0);
		Prefs.set(PythonLocator.PREFERENCE, second.getPath());
		assertEquals(second, PythonLocator.find());
		System.setProperty(PythonLocator.PROPERTY, folder.resolve("a").toString());
		assertEquals(first, PythonLocator.find());
		assertEquals(Arrays.asList(first.getPath(), "-u", "-m", "ivea_fiji.worker"), PythonLocator.engineCommand());
	}

	@Test
	void chosenPythonThatCannotRunTheEngineIsRefusedWithTheCommand() throws Exception {
		final File python = python("a b/bin/python", "No module named 'appose'", 1);
		Prefs.set(PythonLocator.PREFERENCE, folder.resolve("a b").toString());
		final EngineException e = assertThrows(EngineException.class, PythonLocator::find);
		assertEquals("The Python '" + python + "' cannot run IVEA; run `\"" + python + "\" -m pip install ivea-fiji==" +
			PythonLocator.version() + "`, or choose another Python with Plugins > IVEA > Set Up Python....", e.getMessage());
		assertEquals("It was chosen by Set Up Python....\nNo module named 'appose'\n", e.details());
	}

	@Test
	void environmentThatWasBuiltIsFound() throws Exception {
		final File python = python("environments/ivea-fiji-1/bin/python", "", 0);
		assertFalse(PythonSetup.environments().contains(folder.resolve("environments/ivea-fiji-1").toFile()),
			"not whole yet");
		python("environments/ivea-fiji-1/ivea-complete", "", 0);
		assertEquals(Collections.singletonList(folder.resolve("environments/ivea-fiji-1").toFile()), PythonSetup
			.environments());
		assertEquals(python, PythonLocator.find());
	}

	@Test
	void theInstallersSettingsAreRead() throws Exception {
		assertEquals("", PythonLocator.installed(folder.toFile()));
		Files.write(folder.resolve("ivea-fiji.properties"), "python=C:\\\\caf\\u00e9\\\\python.exe\n".getBytes(
			StandardCharsets.ISO_8859_1));
		assertEquals("C:\\café\\python.exe", PythonLocator.installed(folder.toFile()));
	}

	@Test
	void programsOfTheSearchPathAreFound() {
		assertTrue(PythonLocator.onSearchPath("sh").stream().anyMatch(file -> file.getName().equals("sh")));
		assertTrue(PythonLocator.onSearchPath("no such program").isEmpty());
	}
}
