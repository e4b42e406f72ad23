#@script(label="Detect Stationary Bursts Advanced...", description="Find synapses, classify and measure their activations, and tell those of stimuli apart.", headless=true)
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
#@ String (label="Model", description="Name of the network, or the folder of one; 'ivea models' lists them.", value="neuro-lstm", persist=false) model
#@ String (label="Event classes", description="Names of the classes to report, separated by commas, or 'all'.", value="all", persist=false) classes
#@ Double (label="Confidence", description="Smallest probability of an event; 0 takes the threshold that was chosen for the model on validation movies.", min=0, max=1, stepSize=0.05, style="format:0.######", value=0.0, persist=false) confidence
#@ String (label="Stimuli (frames)", description="First and last frame of every electrical or agonist stimulus, such as 300-600, 700-1300, counted from 1; 'auto' finds them, 'none' says that there is none.", value="auto", persist=false) stimuli
#@ String (label="NH4+ (frames)", description="First and last frame with NH4+, such as 2500-2900, counted from 1; 'auto' finds it, 'none' says that there is none.", value="auto", persist=false) ammonium
#@ Double (label="Stimulus ratio", description="A stimulus begins where the mean change exceeds this many times its usual value.", min=1.01, max=100, stepSize=0.05, style="format:0.######", value=1.1, persist=false) stimulus_ratio
#@ Boolean (label="Adapt to stimulus", description="Raise the thresholds while everything brightens, by the ratio of the mean change, at most two times.", value=true, persist=false) adapt_to_stimulus
#@ Integer (label="Response time (frames)", description="An event counts as synchronous up to this many frames after the last frame of a stimulus.", min=0, max=10000, value=10, persist=false) response_frames
#@ Integer (label="Add frames", description="Frames by which the network looks further ahead, for events that rise more slowly than 30 frames; all of them are averaged into its 41 samples. (frames)", min=0, max=4000, value=0, persist=false) add_frames
#@ Integer (label="Search radius (px)", description="Events closer than this belong to one synapse, which is measured within it.", min=1, max=32, value=3, persist=false) search_radius
#@ Integer (label="Variation time window (frames)", description="Frames between the two images that are subtracted.", min=1, max=100, value=4, persist=false) lag
#@ Integer (label="Linking time (frames)", description="Changes of one site closer than this in time are one.", min=1, max=1000, value=4, persist=false) link_frames
#@ Double (label="Repeat time (frames)", description="Events of one synapse closer than this in time are one; 0 takes what was chosen for the model on validation movies.", min=0, max=10000, stepSize=0.1, style="format:0.######", value=0.0, persist=false) repeat_frames
#@ Double (label="Gaussian blur (px)", description="Blur before frames are subtracted; 0 for none.", min=0, max=10, stepSize=0.1, style="format:0.######", value=1.0, persist=false) blur_sigma
#@ Double (label="Threshold factor", description="Multiplies the detection thresholds (the paper's theta): below 1 finds weaker candidates, above 1 fewer.", min=0.1, max=20, stepSize=0.1, style="format:0.######", value=1.0, persist=false) threshold_factor
#@ Double (label="Prominence (noise SD)", description="How far a local maximum must stand out; 0 chooses it.", min=0, stepSize=0.1, style="format:0.######", value=0.0, persist=false) prominence
#@ Boolean (label="Adapt to movie", description="Correct the probabilities for how common events are in this movie, estimated from all its candidates; off, they are what the network says of each candidate alone.", value=true, persist=false) adapt_to_movie
#@ Boolean (label="Correct drift", description="Move every frame back to where the first one lies. Drift is estimated and told anyway.", value=false, persist=false) correct_drift
#@ String (label="Normalise to", description="What is 1 in normalised traces: 'total_pool' takes the level with NH4+, 'peak' the highest value of the trace; 'auto' takes the pool if there is NH4+.", choices={"auto", "total_pool", "peak"}, value="auto", persist=false) normalise_to
#@ Integer (label="Frames before", description="Frames before the onset in every event's trace. (frames)", min=1, max=10000, value=20, persist=false) window_before
#@ Integer (label="Frames after", description="Frames after the onset in every event's trace. (frames)", min=1, max=10000, value=150, persist=false) window_after
#@ String (label="Runtime", description="What runs the network: ONNX Runtime, or Keras with TensorFlow.", choices={"onnx", "keras"}, value="onnx", persist=false) runtime
#@ Integer (label="Threads", description="Processor threads to use; 0 for all.", min=0, max=256, value=0, persist=false) threads
#@ Boolean (label="Overview picture", description="Draw a picture of the cell, its events and their traces.", value=true, persist=false) overview
#@ Boolean (label="Training ROIs", description="Also write the ROIs of events and rejected candidates with their class, for labelling and training.", value=false, persist=false) training_rois
#@ Boolean (label="Use selection as cell", description="Take the selection drawn on the movie as the outline of the cell.", value=false, persist=false) use_selection
#@ String (label="Output folder", description="Folder of the result files; empty keeps them in a temporary folder.", style="directory", value="", persist=false) output_folder
#@ Boolean (label="Show overlay", description="Draw the events on the movie, beside what its overlay already holds.", value=false, persist=false) show_overlay

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("detect_stationary_bursts", imp, [channel: channel, first_frame: first_frame, last_frame: last_frame, z_is_time: z_is_time, reduce_frames: reduce_frames, reduce_with: reduce_with, pixel_size_um: pixel_size_um, frame_interval_s: frame_interval_s, cell_mask: cell_mask, model: model, classes: classes, confidence: confidence, stimuli: stimuli, ammonium: ammonium, stimulus_ratio: stimulus_ratio, adapt_to_stimulus: adapt_to_stimulus, response_frames: response_frames, add_frames: add_frames, search_radius: search_radius, lag: lag, link_frames: link_frames, repeat_frames: repeat_frames, blur_sigma: blur_sigma, threshold_factor: threshold_factor, prominence: prominence, adapt_to_movie: adapt_to_movie, correct_drift: correct_drift, normalise_to: normalise_to, window_before: window_before, window_after: window_after, runtime: runtime, threads: threads, overview: overview, training_rois: training_rois, use_selection: use_selection, output_folder: output_folder, show_overlay: show_overlay])
return null
