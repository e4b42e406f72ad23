package ivea.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyTest {

	@Test
	void everythingIsRead() {
		final Reply reply = Reply.fromJson("{\"status\":\"done\",\"message\":\"Two events.\",\"notes\":[\"a\",\"b\"]," +
			"\"details\":\"\",\"folder\":\"/out\",\"temporary\":true,\"tables\":[{\"kind\":\"events\",\"title\":\"Events\"," +
			"\"path\":\"/out/e.csv\"}],\"rois\":\"/out/r.zip\",\"pictures\":[{\"title\":\"P\",\"path\":\"/out/p.png\"}]," +
			"\"movie\":\"/out/m.tif\",\"jump\":{\"table\":\"events\",\"frame\":\"frame\",\"x\":\"x_px\",\"y\":\"y_px\"," +
			"\"roi\":\"event\"}}");
		assertEquals("done", reply.status());
		assertEquals("Two events.", reply.message());
		assertEquals(Arrays.asList("a", "b"), reply.notes());
		assertEquals("/out", reply.folder());
		assertTrue(reply.temporary());
		assertEquals("events Events /out/e.csv", reply.tables().get(0).kind + " " + reply.tables().get(0).title + " " +
			reply.tables().get(0).path);
		assertEquals("/out/r.zip", reply.rois());
		assertEquals("P /out/p.png", reply.pictures().get(0).title + " " + reply.pictures().get(0).path);
		assertEquals("/out/m.tif", reply.movie());
		assertEquals("events frame x_px y_px event", reply.jump().table + " " + reply.jump().frame + " " + reply.jump().x +
			" " + reply.jump().y + " " + reply.jump().roi);
		assertEquals("/out", reply.asMap().get("folder"));
	}

	@Test
	void whatIsMissingIsEmpty() {
		final Reply reply = Reply.fromJson("{\"status\":\"done\",\"jump\":null}");
		assertEquals("", reply.message() + reply.folder() + reply.rois() + reply.movie() + reply.details());
		assertTrue(reply.notes().isEmpty() && reply.tables().isEmpty() && reply.pictures().isEmpty());
		assertNull(reply.jump());
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "done", "[1]", "{\"a\":NaN}", "{\"a\":", "null" })
	void whatIsNoObjectIsRefused(final String text) {
		assertThrows(IllegalArgumentException.class, () -> Reply.fromJson(text));
	}

	@Test
	void jsonIsWrittenInAscii() {
		assertEquals("{\"a\":\"\\u00b5\\u5fae\"}", Json.write(Collections.singletonMap("a", "µ微")));
		assertThrows(IllegalArgumentException.class, () -> Json.write(Collections.singletonMap("a", Double.NaN)));
	}
}
