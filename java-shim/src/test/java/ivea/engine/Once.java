package ivea.engine;

import ij.IJ;
import ij.ImagePlus;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;

/** Runs one command on the real engine with the pixels of an image, and prints the reply as JSON. */
final class Once {

	private Once() {}

	/**
	 * Arguments: command; file with its parameters as JSON; image; how it is handed over: "path" opens it as a virtual
	 * stack, "memory" marks it as changed, "file" believes shared memory to be full.
	 */
	public static void main(final String[] args) throws Exception {
		final String json = new String(Files.readAllBytes(Paths.get(args[1])), StandardCharsets.UTF_8);
		final ImagePlus imp = args[3].equals("path") ? IJ.openVirtual(args[2]) : IJ.openImage(args[2]);
		imp.changes = !args[3].equals("path");
		final Engine engine = new Engine(PythonLocator::engineCommand, new ImageSender(() -> args[3].equals("file") ? 0
			: Long.MAX_VALUE), 5000, 60_000);
		final FakeEngine.Listener listener = new FakeEngine.Listener();
		final Reply reply = engine.run(args[0], Json.read(json), imp, RoiChoice.NONE, listener);
		System.out.println("sent\t" + listener.messages.stream().anyMatch(line -> line.startsWith("Sending the movie")));
		System.out.println("reply\t" + Json.write(reply.asMap()));
	}
}
