package ivea.engine;

import ij.ImagePlus;
import ij.ImageStack;
import ij.VirtualStack;
import ij.io.FileInfo;
import ij.io.FileSaver;
import ij.io.TiffEncoder;
import ij.process.ImageProcessor;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.function.LongSupplier;
import org.apposed.appose.NDArray;

/** Brings the pixels of an image to the engine: through shared memory, or through a TIFF where there is no room. */
final class ImageSender {

	/** Room for others that is left in shared memory. */
	private static final long MARGIN = 16L << 20;
	private static final File LINUX_SHARED_MEMORY = new File("/dev/shm");

	/** What was sent; closing it gives the memory back. */
	static final class Sent implements AutoCloseable {

		/** The planes, or null if they are in a file. */
		final NDArray planes;
		/** TIFF of the whole image, empty if the planes were sent. */
		final String standIn;

		private Sent(final NDArray planes, final String standIn) {
			this.planes = planes;
			this.standIn = standIn;
		}

		/** Nothing is sent. */
		static Sent nothing() {
			return new Sent(null, "");
		}

		@Override
		public void close() {
			if (planes != null) planes.close();
		}
	}

	private final LongSupplier room;

	/** @param room tells how many bytes of shared memory are free */
	ImageSender(final LongSupplier room) {
		this.room = room;
	}

	/** Free shared memory; only Linux has a limit that can be asked. */
	static long freeSharedMemory() {
		return LINUX_SHARED_MEMORY.isDirectory() ? LINUX_SHARED_MEMORY.getUsableSpace() : Long.MAX_VALUE;
	}

	/**
	 * Send evenly spaced planes.
	 *
	 * @param first stack index of the first one, from 1
	 * @param step from one to the next
	 * @param count how many
	 * @param folder where a TIFF may be written
	 * @throws EngineException if there is no room at all
	 * @throws Cancelled if the listener wanted to stop; nothing is left
	 */
	Sent send(final ImagePlus imp, final int first, final int step, final int count, final TemporaryFolder folder,
		final EngineListener listener) throws EngineException, Cancelled
	{
		if (imp.getBitDepth() == 24) {
			throw new EngineException("'" + imp.getTitle() + "' is an RGB colour image, which holds no grey values; " +
				"convert it with Image > Type > 16-bit, or split its channels with Image > Color > Split Channels.");
		}
		final long bytes = (long) imp.getWidth() * imp.getHeight() * ShmImages.bytesPerPixel(imp) * count;
		final NDArray block = bytes + MARGIN > room.getAsLong() ? null : allocate(imp, count);
		if (block != null && fill(block, imp, first, step, listener)) return new Sent(block, "");
		return new Sent(null, writeTiff(imp, folder, bytes, listener));
	}

	/**
	 * Copy the planes into a block, which is closed unless that succeeds.
	 *
	 * @return false if others took the memory meanwhile
	 */
	private static boolean fill(final NDArray block, final ImagePlus imp, final int first, final int step,
		final EngineListener listener) throws EngineException, Cancelled
	{
		final int count = block.shape().get(0);
		boolean done = false;
		try {
			final ImageStack stack = imp.getStack();
			for (int plane = 0; plane < count; plane++) {
				ShmImages.put(block, plane, ImageDescription.pixels(imp, stack, first + plane * step));
				tell(listener, plane + 1, count);
			}
			done = true;
		}
		catch (final InternalError e) {
			// Linux gives memory only when it is written to; where none is left, Java reports a faulty access.
		}
		finally {
			if (!done) block.close();
		}
		return done;
	}

	/** A block, or null if the system has none to give. */
	private static NDArray allocate(final ImagePlus imp, final int count) {
		try {
			return ShmImages.allocate(imp, count);
		}
		catch (final RuntimeException e) {
			return null;
		}
	}

	/** Write the whole image with its axes and scales; the image itself stays as it is. */
	private static String writeTiff(final ImagePlus imp, final TemporaryFolder folder, final long needed,
		final EngineListener listener) throws EngineException, Cancelled
	{
		final File file = folder.file("image.tif");
		final FileInfo info = fileInfo(imp);
		final long size = (long) imp.getWidth() * imp.getHeight() * ShmImages.bytesPerPixel(imp) * info.nImages;
		if (size + MARGIN > folder.free()) throw noRoom(imp, needed, size, file, null);
		try (OutputStream out = new BufferedOutputStream(new Told(Files.newOutputStream(file.toPath()), size, listener),
			1 << 20))
		{
			new TiffEncoder(info).write(out);
		}
		catch (final StopWriting e) {
			throw new Cancelled();
		}
		catch (final IOException e) {
			throw noRoom(imp, needed, size, file, e);
		}
		return file.getPath();
	}

	private static EngineException noRoom(final ImagePlus imp, final long needed, final long size, final File file,
		final IOException cause)
	{
		return new EngineException(String.format("There is no room to hand '%s' to the engine: %d MB of shared memory, " +
			"or %d MB in '%s'; make room there, or save the movie as TIFF and open it with File > Import > TIFF Virtual " +
			"Stack.", imp.getTitle(), (needed >> 20) + 1, (size >> 20) + 1, file.getParentFile().getParent()),
			cause == null ? "" : cause.toString());
	}

	private static FileInfo fileInfo(final ImagePlus imp) {
		final ImageStack stack = imp.getStack();
		final FileInfo info = imp.getFileInfo();
		info.nImages = stack.getSize();
		info.description = new FileSaver(imp).getDescriptionString();
		// The stored numbers as they are: no palette, no inverted grey, no 48-bit colour.
		info.fileType = imp.getBitDepth() == 8 ? FileInfo.GRAY8 : imp.getBitDepth() == 16 ? FileInfo.GRAY16_UNSIGNED
			: FileInfo.GRAY32_FLOAT;
		info.whiteIsZero = false;
		info.lutSize = 0;
		if (info.nImages == 1) info.pixels = stack.getPixels(1);
		else info.virtualStack = new Pages(stack);
		return info;
	}

	private static void tell(final EngineListener listener, final long done, final long all) throws Cancelled {
		listener.progress("Sending the movie", done, all);
		if (listener.cancelRequested()) throw new Cancelled();
	}

	/** Any stack as the kind of which ImageJ's writer asks one plane after the other. */
	private static final class Pages extends VirtualStack {

		private final ImageStack stack;

		private Pages(final ImageStack stack) {
			super(stack.getWidth(), stack.getHeight(), null, "");
			this.stack = stack;
		}

		@Override
		public ImageProcessor getProcessor(final int index) {
			return stack.getProcessor(index);
		}

		@Override
		public int getSize() {
			return stack.getSize();
		}
	}

	/** The way out of ImageJ's writer when the user stops. */
	private static final class StopWriting extends IOException {}

	/** Tells how much was written. */
	private static final class Told extends FilterOutputStream {

		private final EngineListener listener;
		private final long all;
		private long done;

		private Told(final OutputStream out, final long all, final EngineListener listener) {
			super(out);
			this.all = all;
			this.listener = listener;
		}

		@Override
		public void write(final byte[] bytes, final int from, final int length) throws IOException {
			out.write(bytes, from, length);
			done += length;
			try {
				tell(listener, Math.min(done, all), all);
			}
			catch (final Cancelled e) {
				throw new StopWriting();
			}
		}
	}
}
