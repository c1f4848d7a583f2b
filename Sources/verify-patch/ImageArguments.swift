import ArgumentParser
import Detection
import Verification

/// How images become a network's input.
struct ImageArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Size of the network's input, for graphs with dynamic height and width.",
      valueName: "HxW"))
  var inputSize: InputSizeArgument?
  @Flag(help: "Pad only to multiples of the stride, for graphs with dynamic height and width.")
  var rectangular = false
  @Option(help: "letterbox or stretch.") var resize = Preprocessing().resize
  @Option(help: "Channels in the order rgb or bgr.") var channels = Preprocessing().channels
  @Option(help: "What samples of 0 to 255 are multiplied by.") var scale = Preprocessing().scale
  @Option(help: "The sample, 0 to 255, that a letterbox is padded with.")
  var pad = Preprocessing().pad

  func validate() throws {
    guard scale.isFinite else {
      throw ValidationError("--scale is \(scale), expected a finite number")
    }
    guard inputSize == nil || !rectangular else {
      throw ValidationError("--input-size and --rectangular exclude each other")
    }
  }

  var preprocessing: Preprocessing {
    var preprocessing = Preprocessing()
    preprocessing.resize = resize
    preprocessing.channels = channels
    preprocessing.scale = scale
    preprocessing.pad = pad
    return preprocessing
  }

  var size: InputSize? {
    rectangular ? .rectangular : inputSize.map { .fixed(height: $0.height, width: $0.width) }
  }
}

/// `HxW` on the command line.
struct InputSizeArgument: ExpressibleByArgument {
  let height: Int
  let width: Int

  init?(argument: String) {
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let height = sides[0], let width = sides[1],
      (1...65536).contains(height), (1...65536).contains(width)
    else { return nil }
    self.height = height
    self.width = width
  }
}

extension Preprocessing.Resize: ExpressibleByArgument {}
extension Preprocessing.ChannelOrder: ExpressibleByArgument {}
