package ivea.engine;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.UUID;

/** A folder of one command, for files that go to the engine. Gone when it is closed. */
final class TemporaryFolder implements AutoCloseable {

	/** Differs between programs, so that what one of them forgets can be known. */
	static final String PROGRAM = UUID.randomUUID().toString().substring(0, 6);
	/** Begins the names of all folders of this program. */
	static final String PREFIX = "ivea-engine-" + PROGRAM + "-";

	private final File folder;

	TemporaryFolder() throws IOException {
		folder = Files.createTempDirectory(PREFIX).toFile();
	}

	/** A file of that name in it. */
	File file(final String name) {
		return new File(folder, name);
	}

	/** Bytes that files in it may still take. */
	long free() {
		return folder.getUsableSpace();
	}

	@Override
	public void close() {
		delete(folder);
	}

	/** Delete a folder and all that is in it, as far as possible; links are not followed. */
	static void delete(final File file) {
		final File[] children = Files.isSymbolicLink(file.toPath()) ? null : file.listFiles();
		if (children != null) {
			for (final File child : children) delete(child);
		}
		file.delete();
	}
}
