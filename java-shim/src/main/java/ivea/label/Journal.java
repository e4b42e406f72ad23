package ivea.label;

import ivea.engine.EngineException;
import ivea.engine.Json;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A file that only grows: one line for each thing that happened, in JSON. A program that dies in the middle of a line
 * loses that line and nothing else. While it is open no other program can open it.
 */
final class Journal implements Closeable {

	private final FileChannel channel;
	private final List<Map<String, Object>> lines = new ArrayList<>();
	/** Where the next line begins; what a failed write left behind lies beyond. */
	private long end;
	private boolean damaged;

	/**
	 * Open a journal and read what it holds; a new one is empty.
	 *
	 * @throws EngineException if another window or program has it open
	 */
	Journal(final Path file) throws IOException, EngineException {
		channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
		boolean usable = false;
		try {
			lock(file);
			read(file);
			usable = true;
		}
		finally {
			if (!usable) channel.close();
		}
	}

	private void lock(final Path file) throws EngineException {
		boolean free = true;
		try {
			free = channel.tryLock() != null;
		}
		catch (final OverlappingFileLockException e) {
			free = false;
		}
		catch (final IOException e) {
			// Some network drives have no locks; then people must take care themselves.
		}
		if (!free) {
			throw new EngineException("The labels in '" + file.getParent() + "' are being worked on in another window; " +
				"close that, or choose another label folder.");
		}
	}

	/** Read whole lines. From the first that cannot be read on, the rest is set aside in a copy. */
	private void read(final Path file) throws IOException {
		final ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
		while (bytes.hasRemaining() && channel.read(bytes) >= 0) continue;
		final byte[] all = bytes.array();
		int start = 0;
		for (int i = 0; i < all.length && !damaged; i++) {
			if (all[i] != '\n') continue;
			try {
				lines.add(Json.read(new String(all, start, i - start, StandardCharsets.UTF_8)));
				start = i + 1;
			}
			catch (final IllegalArgumentException e) {
				damaged = true;
			}
		}
		end = start;
		if (damaged) Files.copy(file, file.resolveSibling(file.getFileName() + ".damaged"),
			StandardCopyOption.REPLACE_EXISTING);
		if (end < all.length) channel.truncate(end);
	}

	/** The lines that were there when it was opened. */
	List<Map<String, Object>> lines() {
		return lines;
	}

	/** Whether lines after those could not be read. */
	boolean damaged() {
		return damaged;
	}

	/** Add a line; it survives the death of this program, and with {@link #force} that of the machine. */
	void append(final Map<String, ?> line) throws IOException {
		final ByteBuffer bytes = ByteBuffer.wrap((Json.write(line) + "\n").getBytes(StandardCharsets.UTF_8));
		long at = end;
		while (bytes.hasRemaining()) at += channel.write(bytes, at);
		end = at;
	}

	/** Wait until the lines are on the disk. */
	void force() throws IOException {
		channel.force(false);
	}

	@Override
	public void close() throws IOException {
		channel.close();
	}
}
