package ivea.ui;

import ij.IJ;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;

/** Keeps the files of a run whose folder is a temporary one. */
final class ResultFiles {

	private ResultFiles() {}

	/** Ask for a folder and copy every file of `folder` there; nothing is replaced. */
	static void copy(final String folder) throws IOException {
		final String target = IJ.getDirectory("Folder for the IVEA results");
		if (target == null) return;
		final File[] files = new File(folder).listFiles(File::isFile);
		if (files == null) throw new IOException("'" + folder + "' is no longer there");
		for (final File file : files) {
			if (new File(target, file.getName()).exists()) {
				throw new FileAlreadyExistsException("'" + target + "' holds '" + file.getName() +
					"' already, choose another folder");
			}
		}
		for (final File file : files) Files.copy(file.toPath(), new File(target, file.getName()).toPath());
		IJ.showStatus(files.length + " files saved in " + target);
	}
}
