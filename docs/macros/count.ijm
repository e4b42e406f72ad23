// Find events, then use the table: here, count one kind of event and average its peaks.
folder = getArgument();
if (folder == "") folder = getDirectory("Folder with cell.tif");

open(folder + "/cell.tif");
run("Detect Random Bursts...", "channel=1 first_frame=1 last_frame=0 pixel_size_um=0.0 frame_interval_s=0.0 model=evit28 confidence=0.5 search_radius=3 threshold_factor=1.0 use_selection=false output_folder=[" + folder + "/count] show_overlay=false");
close();

rows = split(File.openAsString(folder + "/count/cell_events.csv"), "\n");
names = split(rows[0], ",");
for (i = 0; i < names.length; i++) {
	if (names[i] == "class_name") kind = i;
	if (names[i] == "peak_df_f0") peak = i;
}
sum = 0;
number = 0;
for (i = 1; i < rows.length; i++) {
	cells = split(rows[i], "(,)");  // with brackets, empty cells count
	if (cells[kind] == "fusion" && cells[peak] != "") {
		sum += parseFloat(cells[peak]);
		number++;
	}
}
File.saveString("fusions with a cloud: " + number + ", mean peak dF/F0: " + sum / number, folder + "/count/report.txt");
