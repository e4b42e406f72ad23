// Find the events of every image that is open; each gets a folder of its own.
folder = getArgument();
if (folder == "") folder = getDirectory("Folder for the results");

for (i = 1; i <= nImages; i++) {
	selectImage(i);
	results = folder + "/" + File.getNameWithoutExtension(getTitle()) + "_ivea";
	run("Detect Random Bursts...", "channel=1 first_frame=1 last_frame=0 pixel_size_um=0.0 frame_interval_s=0.0 model=evit28 confidence=0.5 search_radius=3 threshold_factor=1.0 use_selection=false output_folder=[" + results + "] show_overlay=false");
}
