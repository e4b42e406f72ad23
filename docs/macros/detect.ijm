// Find the events of one movie and keep the files in a folder.
folder = getArgument();
if (folder == "") folder = getDirectory("Folder with cell.tif");

open(folder + "/cell.tif");
run("Detect Random Bursts...", "channel=1 first_frame=1 last_frame=0 pixel_size_um=0.0 frame_interval_s=0.0 model=evit28 confidence=0.5 search_radius=3 threshold_factor=1.0 use_selection=false output_folder=[" + folder + "/detect] show_overlay=false");
close();
