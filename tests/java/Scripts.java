import ij.IJ;
import ij.ImagePlus;
import ivea.ui.ScriptHeader;
import java.io.File;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.codehaus.groovy.jsr223.GroovyScriptEngineFactory;
import org.scijava.Context;
import org.scijava.module.ModuleItem;
import org.scijava.script.AdaptedScriptLanguage;
import org.scijava.script.ScriptInfo;
import org.scijava.script.ScriptModule;
import org.scijava.script.ScriptService;

/**
 * Reads and runs the menu's scripts by SciJava and Groovy, as Fiji does. "header FILE" prints what SciJava and what
 * plain ImageJ make of a script's parameters; "run FILE MOVIE key=value ... next FILE ..." runs some ("none" for no movie,
 * "empty" for the empty image that Fiji gives where none is open).
 */
public class Scripts {
    private static final Context CONTEXT = new Context(ScriptService.class);
    private static final ScriptService SCRIPTS = CONTEXT.service(ScriptService.class);

    public static void main(String[] args) throws Exception {
        AdaptedScriptLanguage groovy = new AdaptedScriptLanguage(new GroovyScriptEngineFactory());
        CONTEXT.inject(groovy);
        SCRIPTS.getIndex().add(groovy, false);
        SCRIPTS.addAlias(ImagePlus.class);
        if (args[0].equals("header")) {
            for (int i = 1; i < args.length; i++) {
                header(new File(args[i]));
            }
        } else {
            List<String> words = new ArrayList<>(Arrays.asList(args).subList(1, args.length));
            while (words.contains("next")) {
                int end = words.indexOf("next");
                run(words.subList(0, end));
                words = words.subList(end + 1, words.size());
            }
            run(words);
        }
        System.exit(0);
    }

    private static void header(File file) throws Exception {
        for (ModuleItem<?> item : new ScriptInfo(CONTEXT, file).inputs()) {
            if (item.getType() != ImagePlus.class) {
                String choices = item.getChoices() == null ? "" : item.getChoices().stream().map(String::valueOf)
                    .collect(Collectors.joining(" "));
                row("scijava", file.getName(), item.getName(), item.getLabel(), item.getDefaultValue(), choices,
                    item.getDescription());
            }
        }
        for (ScriptHeader.Parameter item : ScriptHeader.load(file.getName()).parameters()) {
            row("imagej", file.getName(), item.name(), item.label(), item.normal(item.initial()),
                String.join(" ", item.choices()), item.description());
        }
    }

    private static void row(Object... cells) {
        StringBuilder line = new StringBuilder();
        for (Object cell : cells) {
            line.append(line.length() > 0 ? "\t" : "").append(cell == null ? "" : cell);
        }
        System.out.println(line);
    }

    private static void run(List<String> words) throws Exception {
        Map<String, Object> inputs = new HashMap<>();
        for (String word : words.subList(2, words.size())) {
            inputs.put(word.split("=", 2)[0], word.split("=", 2)[1]);
        }
        String movie = words.get(1);
        if (movie.equals("empty")) {
            inputs.put("imp", new ImagePlus());
        } else if (!movie.equals("none")) {
            inputs.put("imp", IJ.openImage(movie));
        }
        StringWriter errors = new StringWriter();
        ScriptModule module = new ScriptInfo(CONTEXT, new File(words.get(0))).createModule();
        CONTEXT.inject(module);
        module.setErrorWriter(errors);
        inputs.forEach(module::setInput);
        module.run();
        row("run", module.getReturnValue(), errors.toString().split("\n")[0]);
    }
}
