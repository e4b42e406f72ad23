package ivea.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SubprocessTest {

	private final List<String> lines = new ArrayList<>();

	private int run(final String script, final long limitMs, final boolean stop) throws IOException {
		return Subprocess.run(Arrays.asList("sh", "-c", script), limitMs, lines::add, () -> stop);
	}

	@Test
	void allLinesArriveWithTheExitCode() throws Exception {
		assertEquals(3, run("echo one; echo two >&2; echo three; exit 3", 10_000, false));
		assertEquals(Arrays.asList("one", "two", "three"), lines);
	}

	@Test
	void aProgramThatRunsTooLongIsStopped() throws Exception {
		final long start = System.nanoTime();
		assertEquals(Subprocess.TIMED_OUT, run("echo one; exec sleep 60", 300, false));
		assertEquals(Subprocess.STOPPED, run("exec sleep 60", 60_000, true));
		assertTrue(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) < 20);
		assertEquals(Arrays.asList("one"), lines);
	}

	@Test
	void aGrandchildThatKeepsTheOutputOpenIsNotWaitedFor() throws Exception {
		final long start = System.nanoTime();
		assertEquals(0, run("sleep 55 & echo one", 60_000, false));
		assertTrue(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) < 20);
		assertEquals(Arrays.asList("one"), lines);
	}

	@Test
	void pythonRunsWithoutTheCurrentFolder() throws Exception {
		assertEquals(0, run("echo $PYTHONSAFEPATH $PYTHONUTF8; read nothing || echo no input", 10_000, false));
		assertEquals(Arrays.asList("1 1", "no input"), lines);
	}

	@Test
	void aProgramThatIsNotThereIsAnError() {
		assertThrows(IOException.class, () -> Subprocess.run(Arrays.asList("/no/such/program"), 1, lines::add,
			() -> false));
	}
}
