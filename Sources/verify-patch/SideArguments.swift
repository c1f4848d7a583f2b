import ArgumentParser
import Detection
import Verification

/// How pixels become the input of one of the graphs alone, and what it gives out.
struct SideArguments: ParsableArguments {
  @Option(help: ArgumentHelp("--scale for the original alone.", valueName: "scale"))
  var originalScale: Double?
  @Option(help: ArgumentHelp("--scale for the patched graph alone.", valueName: "scale"))
  var patchedScale: Double?
  @Option(help: ArgumentHelp("--channels for the original alone.", valueName: "channels"))
  var originalChannels: Preprocessing.ChannelOrder?
  @Option(help: ArgumentHelp("--channels for the patched graph alone.", valueName: "channels"))
  var patchedChannels: Preprocessing.ChannelOrder?
  @Option(help: ArgumentHelp("--resize for the original alone.", valueName: "resize"))
  var originalResize: Preprocessing.Resize?
  @Option(help: ArgumentHelp("--resize for the patched graph alone.", valueName: "resize"))
  var patchedResize: Preprocessing.Resize?
  @Option(help: ArgumentHelp("--pad for the original alone.", valueName: "pad"))
  var originalPad: UInt8?
  @Option(help: ArgumentHelp("--pad for the patched graph alone.", valueName: "pad"))
  var patchedPad: UInt8?

  @Option(
    help: ArgumentHelp(
      "What boxes count, where no experiment shows it: px (pixels of the network's input) or 1 "
        + "(fractions of its sides).", valueName: "px|1"))
  var boxUnit: DeclaredBoxUnit?
  @Option(help: ArgumentHelp("--box-unit for the original alone.", valueName: "px|1"))
  var originalBoxUnit: DeclaredBoxUnit?
  @Option(help: ArgumentHelp("--box-unit for the patched graph alone.", valueName: "px|1"))
  var patchedBoxUnit: DeclaredBoxUnit?
  @Option(help: "What scores are, where no experiment shows it: probability or logit.")
  var scores: DeclaredScores?
  @Option(help: ArgumentHelp("--scores for the original alone.", valueName: "scores"))
  var originalScores: DeclaredScores?
  @Option(help: ArgumentHelp("--scores for the patched graph alone.", valueName: "scores"))
  var patchedScores: DeclaredScores?
  @Option(
    help: ArgumentHelp(
      "What the columns of rows are, such as x1,y1,x2,y2,score,label or cx,cy,w,h,score,label.",
      valueName: "names"))
  var columns: DeclaredColumns?
  @Option(help: ArgumentHelp("--columns for the original alone.", valueName: "names"))
  var originalColumns: DeclaredColumns?
  @Option(help: ArgumentHelp("--columns for the patched graph alone.", valueName: "names"))
  var patchedColumns: DeclaredColumns?

  func validate() throws {
    for (name, scale) in [("--original-scale", originalScale), ("--patched-scale", patchedScale)] {
      guard let scale, !scale.isFinite else { continue }
      throw ValidationError("\(name) is \(scale), expected a finite number")
    }
  }

  func apply(to options: inout ComparisonOptions) {
    options.originalPreprocessing = preprocessing(
      options.preprocessing, originalScale, originalChannels, originalResize, originalPad)
    options.patchedPreprocessing = preprocessing(
      options.preprocessing, patchedScale, patchedChannels, patchedResize, patchedPad)
    options.originalDeclaration = OutputDeclaration(
      columns: originalColumns ?? columns, boxUnit: originalBoxUnit ?? boxUnit,
      scores: originalScores ?? scores)
    options.patchedDeclaration = OutputDeclaration(
      columns: patchedColumns ?? columns, boxUnit: patchedBoxUnit ?? boxUnit,
      scores: patchedScores ?? scores)
  }

  /// - Returns: `nil` where nothing is asked for that side.
  private func preprocessing(
    _ common: Preprocessing, _ scale: Double?, _ channels: Preprocessing.ChannelOrder?,
    _ resize: Preprocessing.Resize?, _ pad: UInt8?
  ) -> Preprocessing? {
    var preprocessing = common
    preprocessing.scale = scale ?? common.scale
    preprocessing.channels = channels ?? common.channels
    preprocessing.resize = resize ?? common.resize
    preprocessing.pad = pad ?? common.pad
    return preprocessing == common ? nil : preprocessing
  }
}

extension DeclaredBoxUnit: ExpressibleByArgument {}
extension DeclaredScores: ExpressibleByArgument {}
extension DeclaredColumns: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
