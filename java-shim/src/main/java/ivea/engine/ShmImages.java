package ivea.engine;

import ij.ImagePlus;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import org.apposed.appose.NDArray;
import org.apposed.appose.NDArray.DType;
import org.apposed.appose.NDArray.Shape;
import org.apposed.appose.SharedMemory;

/** Planes of an image in shared memory. Java makes and releases every block. */
final class ShmImages {

	/** Begins the names of all blocks of this program; macOS allows few letters. */
	static final String PREFIX = "ivea_" + TemporaryFolder.PROGRAM + "_";

	private static final AtomicInteger COUNT = new AtomicInteger();

	private ShmImages() {}

	/** Bytes of one stored number. */
	static int bytesPerPixel(final ImagePlus imp) {
		return imp.getBitDepth() / 8;
	}

	/**
	 * Make a block for planes; the caller closes it, which gives the memory back.
	 *
	 * @return array (planes, height, width) of uint8, uint16 or float32
	 */
	static NDArray allocate(final ImagePlus imp, final int planes) {
		final DType type = imp.getBitDepth() == 8 ? DType.UINT8 : imp.getBitDepth() == 16 ? DType.UINT16
			: DType.FLOAT32;
		final Shape shape = new Shape(Shape.Order.C_ORDER, planes, imp.getHeight(), imp.getWidth());
		final String name = PREFIX + COUNT.incrementAndGet();
		return new NDArray(type, shape, SharedMemory.create(name, shape.numElements() * type.bytesPerElement()));
	}

	/**
	 * Copy the stored numbers of one plane, as they are.
	 *
	 * @param plane position in the block, from 0
	 * @param pixels byte[], short[] or float[]
	 */
	static void put(final NDArray block, final int plane, final Object pixels) {
		final int[] shape = block.shape().toIntArray();
		final long bytes = (long) shape[1] * shape[2] * block.dType().bytesPerElement();
		final ByteBuffer window = window(block.shm(), plane * bytes, bytes);
		if (pixels instanceof byte[]) window.put((byte[]) pixels);
		else if (pixels instanceof short[]) window.asShortBuffer().put((short[]) pixels);
		else window.asFloatBuffer().put((float[]) pixels);
	}

	/**
	 * Part of a block. Appose hands the second argument of {@code buf(from, to)} on as a length; later versions may
	 * read it as the end, as documented. What is asked here comes out right either way.
	 */
	static ByteBuffer window(final SharedMemory memory, final long from, final long length) {
		if (from + length <= Integer.MAX_VALUE) {
			final ByteBuffer start = memory.buf(0, from + length);
			((Buffer) start).position((int) from);
			return start.slice().order(ByteOrder.nativeOrder());
		}
		final ByteBuffer asLength = memory.buf(from, length);
		final ByteBuffer window = asLength.capacity() == length ? asLength : memory.buf(from, from + length);
		if (window.capacity() != length) throw new IllegalStateException("shared memory cannot be addressed");
		return window.order(ByteOrder.nativeOrder());
	}
}
