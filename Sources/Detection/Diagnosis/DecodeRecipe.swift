import BoxMath

/// A way to turn head maps into boxes and scores: the reference's, or one with a mistake in it.
package struct DecodeRecipe: Sendable, Equatable {
  /// Finest scale first.
  package var scales: [ScaleRecipe]
  package var selection: Selection

  /// Which cells become rows.
  package struct Selection: Sendable, Equatable {
    package var threshold: Double
    package var measure: CandidateRule.Measure

    package init(threshold: Double, measure: CandidateRule.Measure) {
      self.threshold = threshold
      self.measure = measure
    }
  }

  /// The reference's own recipe; `nil` when its strides and anchors are not known.
  package init?(_ geometry: DecodeGeometry, heads: HeadValues, selection: Selection) {
    guard let scales = geometry.scales, scales.count == heads.scales.count,
      zip(scales, heads.scales).allSatisfy({ $0.anchors.count == $1.grid.anchors })
    else { return nil }
    self.scales = zip(scales, heads.scales).map {
      ScaleRecipe($0, channels: $1.channels, classCount: heads.classCount)
    }
    self.selection = selection
  }
}

/// The part of a recipe that decodes one scale.
package struct ScaleRecipe: Sendable, Hashable {
  /// How often the sigmoid is applied to a logit.
  enum Activation: Sendable, Hashable { case missing, once, twice }

  /// Activations by what the channels stand for.
  struct Activations: Sendable, Hashable {
    var center = Activation.once
    var size = Activation.once
    var objectness = Activation.once
    var classes = Activation.once
  }

  /// Where the channels of an anchor stand.
  enum ChannelOrder: Sendable, Hashable {
    /// Anchor, then x, y, w, h, objectness, classes.
    case anchorMajor
    /// The same channel of all anchors side by side.
    case attributeMajor
  }

  /// `function(factor * value)`, times the anchor.
  struct SizeRule: Sendable, Hashable {
    enum Function: Sendable, Hashable { case square, identity, exponential }

    var factor = 2.0
    var function = Function.square
    var usesAnchor = true
  }

  /// Which channel a class is read from.
  enum ClassSource: Sendable, Hashable {
    case own
    /// That of the class so many places before, around the end.
    case rolled(Int)
    /// So many channels further, into whatever stands there.
    case offset(Int)
    /// For each anchor and class the class that is read.
    case permuted([[Int]])
  }

  enum Scoring: Sendable, Hashable { case product, classOnly, objectnessOnly }

  /// How the other side's four numbers are meant that were read as corners.
  enum BoxReading: Sendable, Hashable {
    case corners
    /// They are centre and size.
    case centerAndSize
    /// They were read as centre and size before, and are corners.
    case cornersReadAsCenterAndSize
    /// They are corners in another order: for each place the corner that stands there.
    case cornersInOrder([Int])
  }

  /// What values are rounded to behind the sigmoid.
  enum Precision: Sendable, Hashable { case float32, float16, bfloat16 }

  var activations = Activations()
  var channelOrder = ChannelOrder.anchorMajor
  /// Channels from one anchor to the next.
  var channelStep: Int
  /// Classes that are looked at.
  var classCount: Int
  /// Whether a cell shows the values of the place with row and column exchanged.
  var readsTransposed = false
  /// Whether the row is taken for the column in the centre, and the other way round.
  var exchangesGrid = false
  var strideX: Double
  var strideY: Double
  var anchors: [AnchorSize]
  var centerFactor = 2.0
  var centerOffset = -0.5
  var size = SizeRule()
  var classSource = ClassSource.own
  /// What is added to the class of a row.
  var labelShift = 0
  var scoring = Scoring.product
  var boxReading = BoxReading.corners
  var precision = Precision.float32
  /// What all four coordinates are multiplied by in the end.
  var boxScaleX = 1.0
  var boxScaleY = 1.0

  init(_ scale: DecodeGeometry.Scale, channels: Int, classCount: Int) {
    channelStep = channels
    self.classCount = classCount
    strideX = scale.strideX
    strideY = scale.strideY
    anchors = scale.anchors
  }

  /// The same as `reference` but for what a term depends on.
  func relevant(to term: Term, reference: ScaleRecipe) -> ScaleRecipe {
    var recipe = reference
    recipe.channelOrder = channelOrder
    recipe.channelStep = channelStep
    recipe.classCount = classCount
    recipe.readsTransposed = readsTransposed
    recipe.precision = precision
    if [.classes, .score, .selection].contains(term) {
      recipe.activations.objectness = activations.objectness
    }
    recipe.take(term, from: self)
    return recipe
  }

  /// Makes what a term alone depends on that of another recipe.
  mutating func take(_ term: Term, from other: ScaleRecipe) {
    switch term {
    case .center, .size:
      boxReading = other.boxReading
      (boxScaleX, boxScaleY) = (other.boxScaleX, other.boxScaleY)
      if term == .center {
        activations.center = other.activations.center
        exchangesGrid = other.exchangesGrid
        (strideX, strideY) = (other.strideX, other.strideY)
        (centerFactor, centerOffset) = (other.centerFactor, other.centerOffset)
      } else {
        activations.size = other.activations.size
        anchors = other.anchors
        size = other.size
      }
    case .objectness: activations.objectness = other.activations.objectness
    case .classes, .score, .label:
      activations.classes = other.activations.classes
      classSource = other.classSource
      labelShift = other.labelShift
      scoring = other.scoring
    case .selection: break
    }
  }
}
