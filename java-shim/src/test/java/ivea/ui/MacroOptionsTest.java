package ivea.ui;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.Macro;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a script declares, and what a macro may say. */
class MacroOptionsTest {

	private static final ScriptHeader HEADER = ScriptHeader.parse("Do_It_Well....groovy", String.join("\n",
		"#@script(label=\"Do It Well...\", description=\"Does it (well).\", headless=true)", "#@ ImagePlus imp",
		"#@ Integer (label=\"Search radius (px)\", description=\"How far, in px.\", min=1, max=32, value=3, persist=false) " +
			"search_radius",
		"#@ Double (label=\"Factor\", description=\"Of theta, x=1.\", min=0.1, stepSize=0.1, style=\"format:0.######\", " +
			"value=1.0, persist=false) factor",
		"#@ String (label=\"Kind\", description=\"Which.\", choices={\"one\", \"two\"}, value=\"two\", persist=false) kind",
		"#@ String (label=\"Folder\", description=\"Where.\", style=\"directory\", value=\"\", persist=false) folder",
		"#@ Boolean (label=\"Overlay\", description=\"Draw.\", value=false, persist=false) overlay", "",
		"ivea.Ivea.run(\"do_it\", imp, [factor: factor])", "return null", ""));

	@Test
	void headerSaysAll() {
		assertEquals("Do It Well...", HEADER.title());
		assertEquals("do_it", HEADER.command());
		assertTrue(HEADER.needsImage());
		assertEquals("[search_radius, factor, kind, folder, overlay]", Arrays.toString(HEADER.parameters().stream().map(
			ScriptHeader.Parameter::name).toArray()));
		final ScriptHeader.Parameter radius = HEADER.parameters().get(0);
		assertEquals("Search radius (px)", radius.label());
		assertEquals("How far, in px.", radius.description());
		assertEquals("3", radius.initial());
		assertTrue(radius.isWhole() && radius.isNumber());
		assertEquals(Arrays.asList("one", "two"), HEADER.parameters().get(2).choices());
		assertTrue(HEADER.parameters().get(3).isFolder());
		assertFalse(HEADER.parameters().get(3).isFile());
		assertTrue(HEADER.parameters().get(4).isFlag());
	}

	@Test
	void valuesAreCheckedForKindAndRange() {
		final ScriptHeader.Parameter radius = HEADER.parameters().get(0), factor = HEADER.parameters().get(1);
		assertNull(radius.fault("32"));
		assertEquals("Search radius (px) (search_radius) must be from 1 to 32, not 33.", radius.fault("33"));
		assertEquals("Search radius (px) (search_radius) must be a whole number, not '2.5'.", radius.fault("2.5"));
		assertEquals("Factor (factor) must be at least 0.1, not 0.", factor.fault("0"));
		assertEquals("Factor (factor) must be a number with a decimal point, not '1,5'.", factor.fault("1,5"));
		assertEquals("Kind (kind) must be one of one, two, not 'three'.", HEADER.parameters().get(2).fault("three"));
		assertEquals("Overlay (overlay) must be true or false, not 'yes'.", HEADER.parameters().get(4).fault("yes"));
		assertEquals("2.0", factor.normal("2"));
		assertEquals("7", radius.normal(" 7 "));
	}

	@Test
	void missingKeysHaveTheirInitialValue() {
		assertEquals("{search_radius=3, factor=1.0, kind=two, folder=, overlay=false}", MacroOptions.parse(HEADER, "")
			.toString());
	}

	@Test
	void recordedTextIsReadAsImageJReadsIt() {
		final String options = "search_radius=5 factor=0.5 kind=one folder=[/a b/c [1] d=e/] overlay=true ";
		final Map<String, Object> values = MacroOptions.parse(HEADER, options);
		for (final String key : values.keySet()) assertEquals(Macro.getValue(options, key, null), values.get(key));
		assertEquals("/a b/c [1] d=e/", values.get("folder"));
		assertEquals("", MacroOptions.parse(HEADER, "folder=[] overlay=true").get("folder"));
		assertEquals("", MacroOptions.parse(HEADER, "folder= overlay=true").get("folder"));
		assertEquals("a b", MacroOptions.parse(HEADER, "folder='a b'").get("folder"));
	}

	@Test
	void whatFijiWouldPassOverIsRefused() {
		assertTrue(fault("overlay").contains("such as overlay=true"));
		assertTrue(fault("radius=3").contains("has no parameter 'radius'; known ones are search_radius, factor"));
		assertTrue(fault("Factor=3").contains("has no parameter 'Factor'"));
		assertTrue(fault("search_radius=x").contains("must be a whole number"));
		assertTrue(fault("kind=one ]").contains("cannot be read at ']'"));
	}

	private static String fault(final String options) {
		return assertThrows(IllegalArgumentException.class, () -> MacroOptions.parse(HEADER, options)).getMessage();
	}
}
