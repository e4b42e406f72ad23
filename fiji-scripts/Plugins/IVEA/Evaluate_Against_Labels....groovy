#@script(label="Evaluate Against Labels...", description="Compare what is found with labels: precision, recall, F1, every missed and false event, and better settings.", headless=true)
#@ ImagePlus imp
#@ String (label="Labels", description="Labels of the movie: ROIs (.zip, .roi) whose names end in '_class_<k>', a table of events (.csv) or an annotation of ExoDeepFinder; empty takes the ROI Manager's ROIs.", style="file", value="", persist=false) label_file
#@ String (label="ROIs", description="Which ROIs of the ROI Manager are the labels if no file is named: all, or the selected ones.", choices={"all", "selected"}, value="all", persist=false) roi_choice
#@ String (label="Events", description="Table, ROIs or folder of results that were found before, by any module; empty finds random bursts now.", style="file", value="", persist=false) events_file
#@ Double (label="Largest distance (px)", description="Events further apart than this are not the same.", min=0, max=1000, stepSize=0.1, style="format:0.######", value=5.0, persist=false) max_distance_px
#@ Double (label="Largest time difference (frames)", description="Events further apart in time than this are not the same.", min=0, max=100000, stepSize=0.1, style="format:0.######", value=6.0, persist=false) max_frames
#@ Double (label="Smallest visibility (noise SD)", description="True events less visible than this (column peak_z) are ignored: not found, they are no miss; found, they are no false event. 0 counts all.", min=0, max=1000, stepSize=0.1, style="format:0.######", value=0.0, persist=false) min_peak_z
#@ Boolean (label="Labels are complete", description="Every event of the movie is labelled, so whatever is found elsewhere is false. Off, only what is found at labels of events and artefacts counts.", value=true, persist=false) complete_labels
#@ Boolean (label="Suggest parameters", description="Also try other threshold factors, confidences and repeat times, and say which fit the labels best; the movie is then looked at three times.", value=false, persist=false) suggest
#@ Integer (label="Channel", description="Channel to analyse, counted from 1; 0 takes the one that is shown.", min=0, value=1, persist=false) channel
#@ Integer (label="First frame", description="First frame to analyse, counted from 1 as ImageJ shows it.", min=1, value=1, persist=false) first_frame
#@ Integer (label="Last frame", description="Last frame to analyse; 0 means the end of the movie.", min=0, value=0, persist=false) last_frame
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ Double (label="Frame interval (s)", description="Time from one frame to the next; 0 takes it from the file.", min=0, max=86400, stepSize=0.1, style="format:0.######", value=0.0, persist=false) frame_interval_s
#@ String (label="Model", description="Name of the network, or the folder of one; Manage Models... and 'ivea models' list them.", style="model:random", value="evit28", persist=false) model
#@ Double (label="Confidence", description="Smallest probability of an event; 0 takes the threshold that was chosen for the model on validation movies.", min=0, max=1, stepSize=0.05, style="format:0.######", value=0.0, persist=false) confidence
#@ Integer (label="Search radius (px)", description="Candidates closer than this belong to one site, and events are measured within it.", min=1, max=32, value=3, persist=false) search_radius
#@ Double (label="Threshold factor", description="Multiplies the detection thresholds (the paper's theta): below 1 finds weaker candidates, above 1 fewer.", min=0.1, max=20, stepSize=0.1, style="format:0.######", value=1.0, persist=false) threshold_factor
#@ Boolean (label="Use selection as cell", description="Take the selection drawn on the movie as the outline of the cell.", value=false, persist=false) use_selection
#@ String (label="Output folder", description="Folder of the result files; empty keeps them in a temporary folder.", style="directory", value="", persist=false) output_folder

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("evaluate_against_labels", imp, [label_file: label_file, roi_choice: roi_choice, events_file: events_file, max_distance_px: max_distance_px, max_frames: max_frames, min_peak_z: min_peak_z, complete_labels: complete_labels, suggest: suggest, channel: channel, first_frame: first_frame, last_frame: last_frame, pixel_size_um: pixel_size_um, frame_interval_s: frame_interval_s, model: model, confidence: confidence, search_radius: search_radius, threshold_factor: threshold_factor, use_selection: use_selection, output_folder: output_folder])
return null
