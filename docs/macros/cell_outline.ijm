// Only look inside the cell: any selection will do as its outline.
folder = getArgument();
if (folder == "") folder = getDirectory("Folder with cell.tif");

open(folder + "/cell.tif");
makeOval(4, 4, getWidth() - 8, getHeight() - 8);
run("Detect Random Bursts...", "channel=1 first_frame=1 last_frame=0 pixel_size_um=0.0 frame_interval_s=0.0 model=evit28 confidence=0.5 search_radius=3 threshold_factor=1.0 use_selection=true output_folder=[" + folder + "/inside] show_overlay=true");
close();
