package ivea.label;

import ivea.engine.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/** Files that are there whole or not at all. */
public final class Whole {

	/** Writes the content of a file. */
	public interface Content {

		void write(Path file) throws IOException;
	}

	private Whole() {}

	/** Write a file beside its place and move it there; if that fails, what was there stays. */
	public static void write(final Path file, final Content content) throws IOException {
		final Path part = file.resolveSibling("." + file.getFileName() + ".part");
		try {
			content.write(part);
			try {
				Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
			}
			catch (final AtomicMoveNotSupportedException e) {
				Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
			}
		}
		finally {
			Files.deleteIfExists(part);
		}
	}

	static void write(final Path file, final Map<String, ?> map) throws IOException {
		write(file, part -> Files.write(part, Json.write(map).getBytes(StandardCharsets.UTF_8)));
	}

	static Map<String, Object> read(final Path file) throws IOException {
		return Json.read(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
	}
}
