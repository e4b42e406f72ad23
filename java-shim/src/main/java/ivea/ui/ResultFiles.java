package ivea.ui;

import ij.IJ;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** Keeps the files of a run whose folder is a temporary one. */
final class ResultFiles {

	private ResultFiles() {}

	/** Ask for a folder and copy every file of `folder` there; say how that went. */
	static void keep(final String folder) {
		final String target = IJ.getDirectory("Folder for the IVEA results");
		if (target == null) return;
		final String fault = copy(new File(folder), new File(target));
		if (fault != null) IJ.error("IVEA", fault);
		else IJ.showStatus("IVEA: the files were saved in " + target);
	}

	/**
	 * Copy the files of a folder into another: all of them or none; nothing is replaced.
	 *
	 * @return null, or what went wrong and what to do
	 */
	static String copy(final File folder, final File target) {
		final File[] files = folder.listFiles(File::isFile);
		if (files == null) return "The files of this run are no longer there ('" + folder + "'); run the command again.";
		for (final File file : files) {
			if (new File(target, file.getName()).exists()) {
				return "'" + target + "' holds '" + file.getName() + "' already; choose another folder.";
			}
		}
		final List<File> copied = new ArrayList<>();
		try {
			for (final File file : files) {
				final File copy = new File(target, file.getName());
				copied.add(copy);
				Files.copy(file.toPath(), copy.toPath());
			}
			return null;
		}
		catch (final IOException e) {
			copied.forEach(File::delete);
			return "The files cannot be saved in '" + target + "' (" + e.getMessage() + "); choose another folder.";
		}
	}
}
