import Glibc

/// What is special about a made-up cell; what a kind leaves open stays random.
enum StressKind: Sendable, Equatable {
  /// Every output of the sigmoid at one level, so that all classes tie.
  case level(Float)
  /// A candidate of this class.
  case bestClass(Int)
  /// A candidate whose first and second best class are equal.
  case tie(Int, Int)
  /// An objectness at a threshold or beside it.
  case objectness(Float)
  /// A candidate with no class above 0.
  case noClass
  /// All numbers where the sigmoid is 0, 1 or next to it, or where its exponential overflows.
  case saturated
  /// All numbers where the sigmoid is denormal, or denormal themselves.
  case denormal
  /// All numbers 0 of one sign.
  case zeros(Float)
  /// NaN in one channel of the box or in the objectness.
  case nan(channel: Int)
  /// NaN for one class, or for all.
  case nanClass(Int?)
}

extension StressKind {
  /// One of each kind, with every class and every threshold.
  static func all(classCount: Int, thresholds: [Float]) -> [StressKind] {
    var kinds = (0..<classCount).map { bestClass($0) }
    kinds += thresholds.flatMap { ThresholdLogits($0).all.map { objectness($0) } }
    if classCount > 1 {
      kinds += (0..<min(classCount, 16)).map { number in
        let first = number * classCount / min(classCount, 16)
        let second = (first + 1 + number % (classCount - 1)) % classCount
        return tie(min(first, second), max(first, second))
      }
    }
    kinds += StressLevels.sweep.map { level($0) }
    kinds += [noClass, saturated, denormal, zeros(0), zeros(-0.0), saturated, denormal, noClass]
    kinds += (0..<5).map { nan(channel: $0) }
    kinds += [nanClass(0), nanClass(classCount - 1), nanClass(nil)]
    return kinds
  }
}

/// The logits that made-up cells are made of.
enum StressLevels {
  static let count = 4096

  /// Logits whose sigmoids stand evenly between 0 and 1, each at another place of its share: round
  /// numbers would hide how a decode rounds.
  static let even: [Float] = (0..<count).map { level in
    let place = (Double(level) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
    return logit((Double(level) + 0.01 + 0.98 * place) / Double(count))
  }

  /// Logits whose sigmoids go from 0 to 1, both included, in 32 steps.
  static let sweep: [Float] =
    [lowest] + (1..<32).map { logit(Double($0) / 32) } + [-lowest]

  /// A logit that makes a class the best, and an objectness that makes a candidate.
  static let best: Float = 14
  static let likely: Float = 4.5
  /// The sigmoid is 0.
  static let lowest: Float = -200

  /// Where 1 - sigmoid is next to 0, where e^x or e^-x overflows or is denormal in float32, and
  /// beyond.
  static let saturated: [Float] = [
    16.5, 17.5, 40, 87, 88.5, 89, 103.5, 105, 1e4, .greatestFiniteMagnitude,
  ].flatMap { [$0, -$0] }

  /// The sigmoid is denormal, or the logit is.
  static let denormal: [Float] = [
    -87.5, -90, -95, -102.5, -103.5, 0x1p-133, -0x1p-133, .leastNonzeroMagnitude,
  ]

  private static func logit(_ probability: Double) -> Float {
    Float(log(probability / (1 - probability)))
  }
}
