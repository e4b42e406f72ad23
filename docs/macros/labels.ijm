// Judge a movie by its labels: here the true events; your own are in cell_training_rois.zip, which is taken if none is named.
folder = getArgument();
if (folder == "") folder = getDirectory("Folder with cell.tif");

open(folder + "/cell.tif");
run("Use Labels for Movie...", "label_file=[" + folder + "/cell_truth_rois.zip] labels_decide=true channel=1 first_frame=1 last_frame=0 pixel_size_um=0.0 frame_interval_s=0.0 model=evit28 confidence=0.0 search_radius=3 threshold_factor=1.0 use_selection=false output_folder=[" + folder + "/labelled] show_overlay=false");
close();
