#@script(label="Detect Stationary Bursts...", description="Find synapses, classify and measure their activations, and tell those of stimuli apart.", headless=true)
#@ ImagePlus imp
#@ Integer (label="Channel", description="Channel to analyse, counted from 1; 0 takes the one that is shown.", min=0, value=1, persist=false) channel
#@ Integer (label="First frame", description="First frame to analyse, counted from 1 as ImageJ shows it.", min=1, value=1, persist=false) first_frame
#@ Integer (label="Last frame", description="Last frame to analyse; 0 means the end of the movie.", min=0, value=0, persist=false) last_frame
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ Double (label="Frame interval (s)", description="Time from one frame to the next; 0 takes it from the file.", min=0, max=86400, stepSize=0.1, style="format:0.######", value=0.0, persist=false) frame_interval_s
#@ String (label="Model", description="Name of the network, or the folder of one; Manage Models... and 'ivea models' list them.", style="model:stationary", value="neuro-lstm", persist=false) model
#@ Double (label="Confidence", description="Smallest probability of an event; 0 takes the threshold that was chosen for the model on validation movies.", min=0, max=1, stepSize=0.05, style="format:0.######", value=0.0, persist=false) confidence
#@ String (label="Stimuli (frames)", description="First and last frame of every electrical or agonist stimulus, such as 300-600, 700-1300, counted from 1; 'auto' finds them, 'none' says that there is none.", value="auto", persist=false) stimuli
#@ String (label="NH4+ (frames)", description="First and last frame with NH4+, such as 2500-2900, counted from 1; 'auto' finds it, 'none' says that there is none.", value="auto", persist=false) ammonium
#@ Integer (label="Add frames", description="Frames by which the network looks further ahead, for events that rise more slowly than 30 frames; all of them are averaged into its 41 samples. (frames)", min=0, max=4000, value=0, persist=false) add_frames
#@ Integer (label="Search radius (px)", description="Events closer than this belong to one synapse, which is measured within it.", min=1, max=32, value=3, persist=false) search_radius
#@ Double (label="Threshold factor", description="Multiplies the detection thresholds (the paper's theta): below 1 finds weaker candidates, above 1 fewer.", min=0.1, max=20, stepSize=0.1, style="format:0.######", value=1.0, persist=false) threshold_factor
#@ String (label="Correct drift", description="Move every frame back to where the first ones lie; 'auto' does so if any lies more than half a pixel off. Tables and ROIs say where the file shows an event. Drift is told anyway.", choices={"auto", "yes", "no"}, value="auto", persist=false) correct_drift
#@ Boolean (label="Use selection as cell", description="Take the selection drawn on the movie as the outline of the cell.", value=false, persist=false) use_selection
#@ String (label="Output folder", description="Folder of the result files; empty keeps them in a temporary folder.", style="directory", value="", persist=false) output_folder
#@ Boolean (label="Show overlay", description="Draw the events on the movie, beside what its overlay already holds.", value=false, persist=false) show_overlay

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("detect_stationary_bursts", imp, [channel: channel, first_frame: first_frame, last_frame: last_frame, pixel_size_um: pixel_size_um, frame_interval_s: frame_interval_s, model: model, confidence: confidence, stimuli: stimuli, ammonium: ammonium, add_frames: add_frames, search_radius: search_radius, threshold_factor: threshold_factor, correct_drift: correct_drift, use_selection: use_selection, output_folder: output_folder, show_overlay: show_overlay])
return null
