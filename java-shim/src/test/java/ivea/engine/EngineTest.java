package ivea.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import java.io.File;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the engine does, a command ends, says why, and the next one works. */
@Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EngineTest {

	private Engine engine;
	private TreeSet<String> before;

	@BeforeEach
	void lookAround() {
		before = FakeEngine.leftovers();
	}

	@AfterEach
	void nothingIsLeft() throws InterruptedException {
		engine.close();
		assertEquals(Collections.emptyList(), FakeEngine.threads());
		assertEquals(before, FakeEngine.leftovers());
	}

	@Test
	void oneProcessServesAllCommands() throws Exception {
		engine = FakeEngine.start();
		final long first = FakeEngine.pid(FakeEngine.run(engine, "one"));
		assertEquals(first, FakeEngine.pid(FakeEngine.run(engine, "two")));
		engine.close();
		assertFalse(FakeEngine.isRunning(first));
		assertNotEquals(first, FakeEngine.pid(FakeEngine.run(engine, "three")));
	}

	@Test
	void parametersArriveAsTheyAre() throws Exception {
		engine = FakeEngine.start();
		final Map<String, Object> params = new HashMap<>();
		params.put("text", "Größe \"µm\" \\ \n 微");
		params.put("number", 0.1);
		params.put("count", 3);
		params.put("flag", true);
		params.put("file", new File("/data/a b"));
		params.put("nothing", null);
		final Reply reply = engine.run("echo", params, null, RoiChoice.NONE, new FakeEngine.Listener());
		final Map<?, ?> request = (Map<?, ?>) reply.asMap().get("request");
		final Map<?, ?> arrived = (Map<?, ?>) request.get("params");
		assertEquals("echo", request.get("command"));
		assertEquals(1, request.get("protocol"));
		assertEquals(params.get("text"), arrived.get("text"));
		assertEquals(0.1, ((Number) arrived.get("number")).doubleValue());
		assertEquals(3, arrived.get("count"));
		assertEquals(true, arrived.get("flag"));
		assertEquals("/data/a b", arrived.get("file"));
		assertFalse(arrived.containsKey("nothing"));
	}

	@Test
	void parameterThatIsNoNumberIsRefused() {
		engine = FakeEngine.start();
		final EngineException e = assertThrows(EngineException.class, () -> engine.run("echo", Collections.singletonMap(
			"radius", Double.NaN), null, RoiChoice.NONE, new FakeEngine.Listener()));
		assertEquals("'radius' is no number; give it one.", e.getMessage());
	}

	@Test
	void progressArrives() throws Exception {
		engine = FakeEngine.start();
		final FakeEngine.Listener listener = new FakeEngine.Listener();
		engine.run("steps", FakeEngine.steps(3, 0.1), null, RoiChoice.NONE, listener);
		assertEquals(Arrays.asList("Starting the IVEA engine 0/0", "step 1/3", "step 2/3", "step 3/3"), listener.messages);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { //
		"crash     | The IVEA engine was lost during crash (exit code 5); it starts anew with the next command.", //
		"killed    | The IVEA engine was lost during killed (exit code 137, which mostly means that memory ran out: " +
			"close other programs or analyse fewer frames); it starts anew with the next command.", //
		"NaN       | The IVEA engine was lost during NaN (its answer was damaged); it starts anew with the next command.",
		"noise     | The IVEA engine was lost during noise (its answer was damaged); it starts anew with the next command.",
		"garbage   | The IVEA engine was lost during garbage (its answer was damaged); it starts anew with the next " +
			"command.", //
		"huge      | The IVEA engine was lost during huge (its answer was too large for Java's memory); it starts anew " +
			"with the next command.", //
		"closed    | The IVEA engine was lost during closed (it closed its line); it starts anew with the next command.",
		"failure   | The IVEA engine failed during failure; please report this with the text in the Log window.", //
		"no json   | The IVEA engine gave no proper answer to no json; please report this with the text in the Log window.",
		"no reply  | The IVEA engine gave no proper answer to no reply; please report this with the text in the Log " +
			"window.", //
		"refuse    | Give it another name." })
	void everyFaultIsOneSentence(final String fault, final String sentence) throws Exception {
		engine = FakeEngine.start();
		final EngineException e = assertThrows(EngineException.class, () -> FakeEngine.run(engine, fault));
		assertEquals(sentence, e.getMessage());
		assertEquals("again", FakeEngine.run(engine, "again").message());
	}

	@Test
	void detailsHoldTheLastWords() {
		engine = FakeEngine.start();
		assertEquals("last words", assertThrows(EngineException.class, () -> FakeEngine.run(engine, "crash")).details());
		assertEquals("Traceback: something", assertThrows(EngineException.class, () -> FakeEngine.run(engine, "failure"))
			.details());
		assertEquals("why", assertThrows(EngineException.class, () -> FakeEngine.run(engine, "refuse")).details());
	}

	@Test
	void processThatDiedBetweenCommandsIsReplaced() throws Exception {
		engine = FakeEngine.start();
		final long pid = FakeEngine.pid(FakeEngine.run(engine, "one"));
		new ProcessBuilder("kill", "-9", "" + pid).start().waitFor();
		while (FakeEngine.isRunning(pid)) Thread.sleep(5);
		assertNotEquals(pid, FakeEngine.pid(FakeEngine.run(engine, "two")));
	}

	@Test
	void cancelledCommandStopsAndTheProcessStays() throws Exception {
		engine = FakeEngine.start();
		final long pid = FakeEngine.pid(FakeEngine.run(engine, "one"));
		assertThrows(Cancelled.class, () -> engine.run("steps", FakeEngine.steps(1000, 0.02), null, RoiChoice.NONE,
			FakeEngine.stopAt("step")));
		assertEquals(pid, FakeEngine.pid(FakeEngine.run(engine, "two")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "stubborn", "hang" })
	void commandThatDoesNotStopIsKilledAfterTheGrace(final String command) throws Exception {
		engine = FakeEngine.start();
		final long pid = FakeEngine.pid(FakeEngine.run(engine, "one"));
		final FakeEngine.Listener listener = new FakeEngine.Listener();
		listener.cancel = true;
		final long start = System.nanoTime();
		assertThrows(Cancelled.class, () -> engine.run(command, FakeEngine.steps(1000, 0.1), null, RoiChoice.NONE,
			listener));
		final long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
		assertTrue(ms >= FakeEngine.GRACE_MS && ms < FakeEngine.GRACE_MS + 15_000, "after " + ms + " ms");
		assertFalse(FakeEngine.isRunning(pid));
		assertNotEquals(pid, FakeEngine.pid(FakeEngine.run(engine, "two")));
	}

	@Test
	void commandThatIsDoneBeforeTheCancellationIsDone() throws Exception {
		engine = FakeEngine.start();
		assertEquals("all steps", engine.run("stubborn", FakeEngine.steps(3, 0.05), null, RoiChoice.NONE, FakeEngine
			.stopAt("step")).message());
	}

	@Test
	void interruptedCallerIsCancelledAndStaysInterrupted() throws Exception {
		engine = FakeEngine.start();
		final CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
		final Thread caller = new Thread(() -> {
			try {
				FakeEngine.run(engine, "hang");
				interrupted.complete(false);
			}
			catch (final Cancelled e) {
				interrupted.complete(Thread.currentThread().isInterrupted());
			}
			catch (final EngineException e) {
				interrupted.completeExceptionally(e);
			}
		});
		caller.start();
		Thread.sleep(500);
		caller.interrupt();
		assertTrue(interrupted.get(30, TimeUnit.SECONDS));
	}

	@Test
	void listenerThatThrowsEndsTheCommand() throws Exception {
		engine = FakeEngine.start();
		final FakeEngine.Listener broken = new FakeEngine.Listener() {

			@Override
			public void progress(final String message, final long current, final long maximum) {
				if (message.equals("step")) throw new IllegalStateException("Macro canceled");
			}
		};
		assertThrows(IllegalStateException.class, () -> engine.run("steps", FakeEngine.steps(1000, 0.05), null,
			RoiChoice.NONE, broken));
		assertEquals("again", FakeEngine.run(engine, "again").message());
	}

	@Test
	void secondCallerWaitsAndMayGiveUp() throws Exception {
		engine = FakeEngine.start();
		final FakeEngine.Listener first = new FakeEngine.Listener();
		final CompletableFuture<String> done = CompletableFuture.supplyAsync(() -> {
			try {
				return engine.run("steps", FakeEngine.steps(10, 0.1), null, RoiChoice.NONE, first).message();
			}
			catch (EngineException | Cancelled e) {
				return e.toString();
			}
		});
		while (!first.messages.contains("step 1/10")) Thread.sleep(5);
		assertThrows(Cancelled.class, () -> engine.run("one", Collections.emptyMap(), null, RoiChoice.NONE, FakeEngine
			.stopAt("Waiting for another IVEA command")));
		final FakeEngine.Listener second = new FakeEngine.Listener();
		assertEquals("two", engine.run("two", Collections.emptyMap(), null, RoiChoice.NONE, second).message());
		assertTrue(second.messages.contains("Waiting for another IVEA command 0/0"));
		assertEquals("all steps", done.get(20, TimeUnit.SECONDS));
	}

	@Test
	void engineOfAnotherProtocolIsRefused() {
		engine = FakeEngine.start("protocol");
		final String sentence = assertThrows(EngineException.class, () -> FakeEngine.run(engine, "one")).getMessage();
		assertTrue(sentence.matches("The plugin \\([0-9.]+\\) and the engine in 'python3' \\(9.9.9\\) do not fit " +
			"together; run `\"python3\" -m pip install ivea-fiji==[0-9.]+`, or bring the plugin up to date with `ivea fiji install`."),
			sentence);
	}

	@Test
	void engineThatDoesNotStartSaysWhatToDo() {
		engine = FakeEngine.start("no start");
		final EngineException e = assertThrows(EngineException.class, () -> FakeEngine.run(engine, "one"));
		assertTrue(e.getMessage().startsWith("The IVEA engine does not start with 'python3'; run `\"python3\" -m pip "), e
			.getMessage());
		assertTrue(e.details().contains("No module named 'ivea_fiji'"), e.details());
	}

	@Test
	void whatPythonPrintsAtItsStartDoesNoHarm() throws Exception {
		engine = FakeEngine.start("chatty");
		assertEquals("one", FakeEngine.run(engine, "one").message());
	}

	@Test
	void answerThatIsSwallowedAtTheStartIsNoHang() {
		engine = FakeEngine.start("mumbling");
		final EngineException e = assertThrows(EngineException.class, () -> FakeEngine.run(engine, "one"));
		assertTrue(e.details().contains("its answer was damaged"), e.details());
	}

	@Test
	void silentStartEnds() {
		engine = FakeEngine.start(() -> Long.MAX_VALUE, 700, "silent");
		final EngineException e = assertThrows(EngineException.class, () -> FakeEngine.run(engine, "one"));
		assertTrue(e.details().contains("no answer within"), e.details());
	}

	@Test
	void startCanBeCancelled() {
		engine = FakeEngine.start("silent");
		assertThrows(Cancelled.class, () -> engine.run("one", Collections.emptyMap(), null, RoiChoice.NONE, FakeEngine
			.stopAt("Starting the IVEA engine")));
	}

	@Test
	void programThatIsNotThereSaysWhatToDo() {
		engine = new Engine(() -> Arrays.asList("/no/such/python", "-c", ""), new ImageSender(() -> 0), 1, 1);
		assertEquals("'/no/such/python' cannot be started; choose another Python with Plugins > IVEA > Set Up Python....",
			assertThrows(EngineException.class, () -> FakeEngine.run(engine, "one")).getMessage());
	}

	@Test
	void describesItself() throws Exception {
		engine = FakeEngine.start();
		assertEquals("9.9.9", engine.describe(new FakeEngine.Listener()).get("ivea"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "return", "halt", "exit" })
	void processEndsWithJava(final String way) throws Exception {
		engine = FakeEngine.start();
		final List<String> command = Arrays.asList(System.getProperty("java.home") + "/bin/java", "-cp", System.getProperty(
			"java.class.path"), EndOfJava.class.getName(), way);
		final StringBuilder said = new StringBuilder();
		assertEquals(0, Subprocess.run(command, 60_000, said::append, () -> false), said.toString());
		final long pid = Long.parseLong(said.toString().split(" ")[0]);
		for (int i = 0; i < 200 && FakeEngine.isRunning(pid); i++) Thread.sleep(20);
		assertFalse(FakeEngine.isRunning(pid));
		final String program = said.toString().split(" ")[1];
		assertEquals(0, new File("/dev/shm").list((dir, name) -> name.contains(program)).length, "blocks");
		assertEquals(0, Subprocess.folder().list((dir, name) -> name.contains(program)).length, "folders");
	}

	/** A program without a window that does not close its engine, or ends in the middle of a command. */
	static final class EndOfJava {

		public static void main(final String[] args) throws Exception {
			final Engine engine = FakeEngine.start();
			System.out.println(FakeEngine.pid(FakeEngine.run(engine, "one")) + " " + TemporaryFolder.PROGRAM);
			if (args[0].equals("exit")) {
				final FakeEngine.Listener listener = new FakeEngine.Listener();
				final Thread command = new Thread(() -> {
					try {
						engine.run("hang", Collections.emptyMap(), IJ.createImage("", 9, 9, 3, 16), RoiChoice.NONE, listener);
					}
					catch (EngineException | Cancelled e) {
						// either is an end
					}
				});
				command.start();
				while (!listener.messages.contains("Sending the movie 3/3")) Thread.sleep(5);
				Thread.sleep(100);
				System.exit(0);
			}
			if (args[0].equals("halt")) Runtime.getRuntime().halt(0);
		}
	}
}
