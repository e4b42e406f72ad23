#@script(label="Detect Random Bursts Advanced...", description="Find single-vesicle events anywhere in the cell, classify and measure them.", headless=true)
#@ ImagePlus imp
#@ Integer (label="Channel", description="Channel to analyse, counted from 1; 0 takes the one that is shown.", min=0, value=1, persist=false) channel
#@ Integer (label="First frame", description="First frame to analyse, counted from 1 as ImageJ shows it.", min=1, value=1, persist=false) first_frame
#@ Integer (label="Last frame", description="Last frame to analyse; 0 means the end of the movie.", min=0, value=0, persist=false) last_frame
#@ String (label="Z is time", description="Whether a file with many Z slices and one frame is really a time lapse. 'auto' takes it as time and says so, unless the file states a Z step; 'no' refuses such a file.", choices={"auto", "yes", "no"}, value="auto", persist=false) z_is_time
#@ Integer (label="Reduce frames", description="Combine every k frames into one (k = 1 keeps all).", min=1, max=1000, value=1, persist=false) reduce_frames
#@ String (label="Reduce with", description="How frames are combined: their maximum or their mean.", choices={"max", "mean"}, value="max", persist=false) reduce_with
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ Double (label="Frame interval (s)", description="Time from one frame to the next; 0 takes it from the file.", min=0, max=86400, stepSize=0.1, style="format:0.######", value=0.0, persist=false) frame_interval_s
#@ String (label="Cell mask", description="File that outlines the cell: an ImageJ ROI (.roi, .zip) or an image whose non-zero pixels are the cell. Events outside are left out and rates are given per area.", style="file", value="", persist=false) cell_mask
#@ String (label="Model", description="Name of the network, or the folder of one; 'ivea models' lists them.", value="evit28", persist=false) model
#@ String (label="Event classes", description="Names of the classes to report, separated by commas, or 'all'.", value="all", persist=false) classes
#@ Double (label="Confidence", description="Smallest probability of an event; 0 takes the threshold that was chosen for the model on validation movies.", min=0, max=1, stepSize=0.05, style="format:0.######", value=0.0, persist=false) confidence
#@ Integer (label="Vision radius (px)", description="Half the side of the square the network sees around a candidate; 0 chooses it from the pixel size (1.6 um, between 7 and 16 px; 12 px if the pixel size is unknown).", min=0, max=64, value=0, persist=false) vision_radius
#@ Integer (label="Search radius (px)", description="Candidates closer than this belong to one site, and events are measured within it.", min=1, max=32, value=3, persist=false) search_radius
#@ Integer (label="Variation time window (frames)", description="Frames between the two images that are subtracted.", min=1, max=100, value=4, persist=false) lag
#@ Integer (label="Linking time (frames)", description="Candidates of one site closer than this in time are one.", min=1, max=100, value=4, persist=false) link_frames
#@ Double (label="Gaussian blur (px)", description="Blur before frames are subtracted; 0 for none.", min=0, max=10, stepSize=0.1, style="format:0.######", value=1.0, persist=false) blur_sigma
#@ String (label="Threshold from", description="'noise_map' measures the noise of every place over the whole movie; 'first_frames' learns from the first frames as the paper does, which needs a quiet start.", choices={"noise_map", "first_frames"}, value="noise_map", persist=false) threshold
#@ Double (label="Threshold factor", description="Multiplies the detection thresholds (the paper's theta): below 1 finds weaker candidates, above 1 fewer.", min=0.1, max=20, stepSize=0.1, style="format:0.######", value=1.0, persist=false) threshold_factor
#@ Double (label="Prominence", description="How far a local maximum must stand out; 0 chooses it. (noise SD, or counts with 'first_frames')", min=0, stepSize=0.1, style="format:0.######", value=0.0, persist=false) prominence
#@ Double (label="Event spread (px)", description="SR of the Gaussian suppression: widens the cloud in which weaker events are taken as repeats; 0 takes what was chosen for the model on validation movies.", min=0, max=64, stepSize=0.1, style="format:0.######", value=0.0, persist=false) spread_radius
#@ Double (label="Event time spread (frames)", description="Standard deviation in time of the Gaussian suppression; 0 takes nu times the cloud's sigma, scaled by the frame rate.", min=0, max=10000, stepSize=0.1, style="format:0.######", value=0.0, persist=false) time_spread
#@ Boolean (label="Adapt to movie", description="Correct the probabilities for how common events are in this movie, estimated from all its candidates; off, they are what the network says of each candidate alone.", value=true, persist=false) adapt_to_movie
#@ Double (label="Repeat time (frames)", description="Reports within 3 px of each other and at most this far apart in time are one event; 0 takes what was chosen for the model on validation movies.", min=0, max=10000, stepSize=0.1, style="format:0.######", value=0.0, persist=false) repeat_frames
#@ Integer (label="Frames before", description="Frames before the peak in every event's trace. (frames)", min=1, max=10000, value=20, persist=false) window_before
#@ Integer (label="Frames after", description="Frames after the peak in every event's trace. (frames)", min=1, max=10000, value=100, persist=false) window_after
#@ String (label="Runtime", description="What runs the network: ONNX Runtime, or Keras with TensorFlow.", choices={"onnx", "keras"}, value="onnx", persist=false) runtime
#@ Integer (label="Threads", description="Processor threads to use; 0 for all.", min=0, max=256, value=0, persist=false) threads
#@ Boolean (label="Overview picture", description="Draw a picture of the cell, its events and their traces.", value=true, persist=false) overview
#@ Boolean (label="Training ROIs", description="Also write the ROIs of events and rejected candidates with their class, for labelling and training.", value=false, persist=false) training_rois
#@ Boolean (label="Use selection as cell", description="Take the selection drawn on the movie as the outline of the cell.", value=false, persist=false) use_selection
#@ String (label="Output folder", description="Folder of the result files; empty keeps them in a temporary folder.", style="directory", value="", persist=false) output_folder
#@ Boolean (label="Show overlay", description="Draw the events on the movie, beside what its overlay already holds.", value=false, persist=false) show_overlay

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("detect_random_bursts", imp, [channel: channel, first_frame: first_frame, last_frame: last_frame, z_is_time: z_is_time, reduce_frames: reduce_frames, reduce_with: reduce_with, pixel_size_um: pixel_size_um, frame_interval_s: frame_interval_s, cell_mask: cell_mask, model: model, classes: classes, confidence: confidence, vision_radius: vision_radius, search_radius: search_radius, lag: lag, link_frames: link_frames, blur_sigma: blur_sigma, threshold: threshold, threshold_factor: threshold_factor, prominence: prominence, spread_radius: spread_radius, time_spread: time_spread, adapt_to_movie: adapt_to_movie, repeat_frames: repeat_frames, window_before: window_before, window_after: window_after, runtime: runtime, threads: threads, overview: overview, training_rois: training_rois, use_selection: use_selection, output_folder: output_folder, show_overlay: show_overlay])
return null
