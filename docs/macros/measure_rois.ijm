// Measure ROIs over the whole movie: here those of the true events; your own come from the ROI Manager.
folder = getArgument();
if (folder == "") folder = getDirectory("Folder with cell.tif");

open(folder + "/cell.tif");
run("Measure ROIs Advanced...", "roi_choice=all all_movies=false roi_file=[" + folder + "/cell_truth_rois.zip] output_folder=[" + folder + "/measured] channel=0 roi_numbers=[] span=whole_movie window_before=20 window_after=100 background=ring f0_from=auto f0_frames=10 ring_gap=3 ring_width=3 point_radius=3.0 first_frame=1 last_frame=0 every_nth=0 bad_frames=[] scene=[] colour=none frame_interval_s=0.0 pixel_size_um=0.0 z_is_time=auto picture=true");
close();
